/**
 * Whether the two longest tests in a real n8n run at full size (`npm run test:storms`, every night), and
 * not as the small ones that every other run has.
 */
export const FULL_STORMS = process.env.MOCA_AIR_STORMS === 'full';
