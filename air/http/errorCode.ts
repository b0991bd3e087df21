/** The code of an error of Node or undici, e.g. `ECONNREFUSED`; empty for anything else. */
export function errorCode(error: unknown): string {
	if (typeof error !== 'object' || error === null || !('code' in error)) return '';
	return typeof error.code === 'string' ? error.code : '';
}
