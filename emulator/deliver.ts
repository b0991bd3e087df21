import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from './answers';

/** Sends an answer in one go. */
export async function send(res: ServerResponse, answer: Answer): Promise<void> {
	const { status, headers, body } = answer;
	if (typeof body === 'string' || Buffer.isBuffer(body)) {
		res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
		res.end(body);
		return;
	}
	res.writeHead(status, { ...headers, 'content-length': body.bytes });
	await pipeline(Readable.from(fill(body.bytes, status)), res);
}

const bytesOf = (body: Answer['body']): Buffer =>
	typeof body === 'string' ? Buffer.from(body) : Buffer.isBuffer(body) ? body : Buffer.alloc(0);

/** Sends the head and the first half of the body; the caller sends the rest, or does not. */
export async function sendHalf(res: ServerResponse, answer: Answer): Promise<() => void> {
	const bytes = bytesOf(answer.body);
	const half = Math.ceil(bytes.length / 2);
	res.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length });
	await new Promise<void>((resolve) => {
		res.write(bytes.subarray(0, half), () => {
			resolve();
		});
	});
	return () => {
		res.end(bytes.subarray(half));
	};
}

/** A well-formed AIR error of an exact size, in chunks. */
function* fill(bytes: number, status: number): Generator<Buffer> {
	const start = Buffer.from(`{"error":${status},"message":"`);
	const end = Buffer.from('"}');
	let left = bytes - start.length - end.length;
	if (left < 0) {
		yield Buffer.alloc(bytes, 'x');
		return;
	}
	const chunk = Buffer.alloc(65_536, 'x');
	yield start;
	for (; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
	yield end;
}
