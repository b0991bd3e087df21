/** Of this package; a test keeps it equal to package.json. Sent to AIR as part of the user-agent. */
export const version = '0.1.0';
