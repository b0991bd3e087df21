import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 150;

/**
 * Asks again and again until there is an answer.
 *
 * @param ask gives undefined for "not yet"
 * @param what ends the sentence "timed out waiting for …"
 */
export async function poll<T>(
	what: string,
	timeoutMs: number,
	ask: () => Promise<T | undefined>,
): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (Date.now() > deadline) throw new Error(`timed out waiting for ${what} (${timeoutMs} ms)`);
		await sleep(everyMs);
	}
}
