type Jose = typeof import('jose');

let loaded: Promise<Jose> | undefined;

/**
 * Imports jose, which ships ES modules only, so CommonJS must await it. The module is kept, because
 * importing it again takes Node 30 µs.
 *
 * @example
 * ```ts
 * const { SignJWT } = await jose();
 * ```
 */
export async function jose(): Promise<Jose> {
	return await (loaded ??= import('jose'));
}

/**
 * Loads jose while n8n starts: otherwise the first item of the process waits for that, 25 to 35 ms of
 * about 100.
 */
export function loadJoseAhead(): void {
	// If it cannot be loaded, the first item that needs it fails and says so.
	jose().catch(() => undefined);
}
