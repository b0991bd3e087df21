type Jose = typeof import('jose');

let loaded: Promise<Jose> | undefined;

/**
 * jose, which ships ES modules only, so that CommonJS has to wait for it. Kept, as even a known module
 * takes Node 30 µs to find.
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
 * Loads jose while n8n starts: otherwise the first item of the process waits for it, 25 to 35 ms of about
 * 100.
 */
export function loadJoseAhead(): void {
	// If it cannot be loaded, the first item that needs it says so.
	jose().catch(() => undefined);
}
