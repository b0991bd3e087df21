import { createHash } from 'node:crypto';

/**
 * Caches the results for the newest texts: parsing a key takes about a millisecond, and every execution
 * has the same few. Texts are identified by hash and not kept; failures are not cached.
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
