import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the kernel's range for outgoing connections. */
const lowest = 20_000;
const highest = 30_000;
/** jest numbers its workers from one; no other process has a number. */
const slices = 10;
const ofSlice = (highest - lowest) / slices;
const tries = 100;

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => {
			resolve(false);
		});
		server.listen(port, '127.0.0.1', () => {
			server.close(() => {
				resolve(true);
			});
		});
	});
}

/**
 * A free loopback port. Random and outside of the kernel's own range, because n8n binds it only seconds
 * later, and another process may be looking for one at the same time. Each jest worker uses its own
 * slice.
 */
export async function freePort(): Promise<number> {
	const from = lowest + (Number(process.env.JEST_WORKER_ID ?? 0) % slices) * ofSlice;
	for (let n = 0; n < tries; n++) {
		const port = randomInt(from, from + ofSlice);
		if (await isFree(port)) return port;
	}
	throw new Error(`no free port between ${from} and ${from + ofSlice} on 127.0.0.1`);
}
