import type { Secrets } from '../../../errors/secrets';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readBody, type HttpAnswer } from '../../../air/answers/answer';
import { answerError, type AnswerContext } from '../../../air/answers/answerError';
import { retryAfterMs } from '../../../air/pacing/retryAfter';
import { AirError } from '../../../errors/AirError';

/** The error that an answer is turned into, when it comes as the client receives it. */
export const errorOfAnswer = (
	answer: HttpAnswer,
	{ secrets, ...context }: AnswerContext & { readonly secrets?: Secrets },
): AirError =>
	answerError(
		{ ...answer, retryAfterMs: retryAfterMs(answer.headers, context.now) },
		readBody(answer.text, secrets),
		context,
	);

/** Key pairs take time to make; each kind is made once for a test file. */
const made = new Map<string, KeyObject>();

function once(name: string, make: () => KeyObject): KeyObject {
	const key = made.get(name) ?? make();
	made.set(name, key);
	return key;
}

export const rsaKey = (bits = 2048, which = 'first') =>
	once(
		`rsa ${bits} ${which}`,
		() => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey,
	);

export const ecKey = (namedCurve = 'P-256', which = 'first') =>
	once(`ec ${namedCurve} ${which}`, () => generateKeyPairSync('ec', { namedCurve }).privateKey);

/** The AirError that a call ends with; anything else fails the test. */
export async function airErrorOf(call: () => unknown): Promise<AirError> {
	try {
		await call();
	} catch (error) {
		if (error instanceof AirError) return error;
		throw error;
	}
	throw new Error('it did not fail');
}

/** What n8n and a log could show of an error, as one text. */
export const everythingShown = (error: AirError) =>
	[
		error.message,
		error.advice,
		error.description,
		error.stack ?? '',
		JSON.stringify(error),
		JSON.stringify(error.facts),
	].join('\n');

export interface Listening {
	readonly port: number;
	/** Connections accepted so far. */
	readonly accepted: () => number;
	/** Ends the server and every connection. */
	readonly close: () => Promise<void>;
}

/** Lets a server listen on a free loopback port, and be ended with its connections. */
export async function listening(
	server: Server | HttpServer,
	host = '127.0.0.1',
): Promise<Listening> {
	const sockets = new Set<Socket>();
	let accepted = 0;
	server.on('connection', (socket: Socket) => {
		accepted++;
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		// A test's broken connections are its subject, not its failure.
		socket.on('error', () => undefined);
	});
	await new Promise<void>((resolve) => server.listen(0, host, resolve));
	return {
		port: portOf(server),
		accepted: () => accepted,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function portOf(server: Server): number {
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('not listening');
	return (address satisfies AddressInfo).port;
}

/** A port on which nobody listens, as far as that can be known. */
export async function closedPort(): Promise<number> {
	const server = await listening(createServer());
	await server.close();
	return server.port;
}

/** A self-signed certificate for one name, made again. */
export function certificateFor(name: string): { key: string; cert: string } {
	const pem = execFileSync(
		'openssl',
		[
			...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
			...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
			...['-days', '2', '-keyout', '-', '-out', '-'],
		],
		{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
	);
	return { key: pem, cert: pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')) };
}

/** Pieces of 8 characters that could only come from the input. */
export function piecesOf(text: string): string[] {
	const words = text.match(/[A-Za-z0-9+/_-]{40,}/g) ?? [];
	return words.flatMap((word) =>
		Array.from({ length: Math.min(word.length, 4096) - 7 }, (_, at) => word.slice(at, at + 8)),
	);
}
