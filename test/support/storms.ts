/**
 * Whether the two longest tests in a real n8n run at full size (`npm run test:storms`, every night), and
 * not at the small size of every other run.
 */
export const FULL_STORMS = process.env.MOCA_AIR_STORMS === 'full';
