/** Runs work for each of a list, so many at once: cells mostly wait. */
export async function pool<T, R>(
	list: readonly T[],
	atOnce: number,
	work: (one: T) => Promise<R>,
): Promise<Map<T, R>> {
	const results = new Map<T, R>();
	const waiting = [...list];
	const worker = async () => {
		for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
			results.set(one, await work(one));
		}
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	return results;
}
