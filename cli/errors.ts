/** The command was called in a way that it does not know. The message says which, in plain words. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** The command could not do its work. The message is one line and free of secrets. */
export class CliError extends Error {
	override readonly name = 'CliError';
}

/** Why the system refused, e.g. `ENOENT`. No `instanceof`: in tests, Node's errors are of another realm. */
export function systemCode(error: unknown): string {
	const code: unknown =
		typeof error === 'object' && error !== null && 'code' in error && error.code;
	return typeof code === 'string' ? code : 'unknown reason';
}
