import { createHash } from 'node:crypto';

/**
 * Keeps what was read of the newest texts: reading a key costs about a millisecond, and every
 * execution brings the same few. Texts are told apart by hash and not kept; failures are not kept.
 *
 * @param mostKept - how many results
 */
export function memoizeByHash<T>(
	read: (text: string) => Promise<T>,
	mostKept = 100,
): (text: string) => Promise<T> {
	const results = new Map<string, Promise<T>>();
	return async (text) => {
		const id = createHash('sha256').update(text).digest('base64');
		const kept = results.get(id);
		if (kept !== undefined) return await kept;
		const reading = read(text);
		results.set(id, reading);
		for (const oldest of results.keys()) {
			if (results.size <= mostKept) break;
			results.delete(oldest);
		}
		try {
			return await reading;
		} catch (error) {
			results.delete(id);
			throw error;
		}
	};
}
