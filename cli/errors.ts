/** The command was called incorrectly. The message says how, in plain words. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** The command failed. The message is one line without secrets. */
export class CliError extends Error {
	override readonly name = 'CliError';
}

/**
 * The system's error code, e.g. `ENOENT`. Not `instanceof Error`: in tests, Node's errors come from
 * another realm.
 */
export function systemCode(error: unknown): string {
	const code: unknown =
		typeof error === 'object' && error !== null && 'code' in error && error.code;
	return typeof code === 'string' ? code : 'unknown reason';
}
