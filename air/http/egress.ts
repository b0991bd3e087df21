import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { AirError } from '../../errors/AirError';
import type { HttpAnswer } from '../answers/answer';
import { decodeBody } from './decodeBody';
import { dispatcherFor } from './dispatchers';
import { errorCode } from './errorCode';
import { retryAfterMs } from '../pacing/retryAfter';
import type { AirErrorCode } from '../../errors/errorCatalogue';
import { redact } from '../../errors/redact';
import { proxyFor } from './proxy';
import { assertResolvesAllowed, assertTargetAllowed, targetPolicy } from './targetGuard';

/** No answer from AIR comes near this size. */
const LONGEST_ANSWER_BYTES = 1024 * 1024;

export interface EgressRequest {
	readonly method: 'GET' | 'POST';
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | undefined;
	/** From connecting to the last byte, in milliseconds. */
	readonly timeoutMs: number;
	/** Ends the request down to the socket. What is not written yet is never written. */
	readonly signal?: AbortSignal | undefined;
	/** How long a request that is already written may go on after the signal, in milliseconds. */
	readonly graceMs?: number | undefined;
	readonly maxBytes?: number | undefined;
	/** The policy; `process.env` unless a test says otherwise. Proxies are always those of the process. */
	readonly env?: NodeJS.ProcessEnv | undefined;
}

const DNS_CODES = /^(ENOTFOUND|EAI_[A-Z]+|ENODATA|ESERVFAIL)$/;
const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/;

/** Before writing, undici aborts by itself only when a proxy answers CONNECT with another status than 200. */
const PROXY_CODES = /^UND_ERR_(PRX_|SOCKS5|ABORTED$)/;

/** undici does not pass a 407 on, and has no error code for it. */
const isProxyLogin = (error: unknown) =>
	errorCode(error) === 'UND_ERR_INVALID_ARG' &&
	String(error).includes('Proxy Authentication Required (407)');

/** Every error in the chain of causes, and in the list of an AggregateError (happy eyeballs). */
function chain(error: unknown, depth = 0): unknown[] {
	if (typeof error !== 'object' || error === null || depth > 5) return [];
	const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
	const cause: unknown = 'cause' in error ? error.cause : undefined;
	return [error, ...[...inner, cause].flatMap((next) => chain(next, depth + 1))];
}

/** Before the request was written, nothing can have happened at AIR; afterwards, anything can. */
function transportError(error: unknown, written: boolean): AirError {
	const errors = chain(error);
	const known = errors.find((link) => link instanceof AirError);
	if (known !== undefined) return known;
	const codes = errors.map(errorCode).filter((code) => code !== '');
	const any = (pattern: RegExp) => codes.some((code) => pattern.test(code));
	const pick = (): AirErrorCode => {
		// A forwarding proxy answered: AIR has not seen the request, although it was written.
		if (errors.some(isProxyLogin)) return 'AIR_PROXY';
		if (any(/^UND_ERR_RES_EXCEEDED/)) return 'AIR_ANSWER_TOO_LARGE';
		if (written) {
			return any(/TIMEOUT$/) ? 'AIR_TIMEOUT' : 'AIR_CONNECTION_LOST';
		}
		if (any(PROXY_CODES)) return 'AIR_PROXY';
		if (any(/^ECONNREFUSED$/)) return 'AIR_CONNECTION_REFUSED';
		if (any(DNS_CODES)) return 'AIR_DNS';
		if (any(TLS_CODES)) return 'AIR_TLS';
		return any(/TIMEOUT$|ETIMEDOUT/) ? 'AIR_CONNECT_TIMEOUT' : 'AIR_CONNECT_FAILED';
	};
	return new AirError(pick());
}

/** Marks why we ended a request ourselves, so that it is not mistaken for a broken connection. */
class Ended extends Error {
	constructor(readonly reason: 'cancelled' | 'timeout' | 'too-large') {
		super(reason);
	}
}

/** One request and its answer, watching for the moment from which AIR may have seen it. */
class Exchange implements Dispatcher.DispatchHandler {
	private controller: Dispatcher.DispatchController | undefined;
	private ended: Ended | undefined;
	private written = false;
	private settled = false;
	private status = 0;
	private headers: Record<string, string | undefined> = {};
	private readonly chunks: Buffer[] = [];
	private size = 0;

	constructor(
		private readonly maxBytes: number,
		private readonly resolve: (answer: HttpAnswer) => void,
		private readonly reject: (error: AirError) => void,
	) {}

	/** undici calls this right before it writes the request to a connected socket. */
	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.controller = controller;
		if (this.ended === undefined) this.written = true;
		else controller.abort(this.ended);
	}

	onResponseStart(
		_controller: Dispatcher.DispatchController,
		status: number,
		headers: Record<string, string | string[] | undefined>,
	): void {
		this.status = status;
		this.headers = Object.fromEntries(
			Object.entries(headers).map(([name, value]) => [
				name.toLowerCase(),
				// Codings may stand in several lines; of other headers the first counts.
				Array.isArray(value)
					? /^(content|transfer)-encoding$/i.test(name)
						? value.join(', ')
						: value[0]
					: value,
			]),
		);
	}

	onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
		this.size += chunk.length;
		if (this.size <= this.maxBytes) {
			this.chunks.push(chunk);
		} else if (this.status < 300) {
			this.end(new Ended('too-large'));
		} else {
			// A refusal stays a refusal, however long its page is; the part that arrived is enough.
			this.finish();
			this.controller?.abort(new Ended('too-large'));
		}
	}

	onResponseEnd(): void {
		this.finish();
	}

	private finish(): void {
		if (this.settled) return;
		this.settled = true;
		const { status, headers, maxBytes } = this;
		const body = decodeBody(Buffer.concat(this.chunks), headers, maxBytes);
		if (body.unreadable !== undefined && body.tooLarge && status < 300) {
			this.reject(new AirError('AIR_ANSWER_TOO_LARGE', { httpStatus: status }));
			return;
		}
		this.resolve({
			status,
			headers,
			retryAfterMs: retryAfterMs(headers, Date.now()),
			text: body.text,
			unreadable: body.unreadable,
		});
	}

	onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
		this.fail(error);
	}

	/** Ends it at once when nothing was written yet; otherwise after a grace period for the answer. */
	cancel(graceMs: number): void {
		if (!this.written || graceMs <= 0) this.end(new Ended('cancelled'));
		else {
			setTimeout(() => {
				this.end(new Ended('cancelled'));
			}, graceMs).unref();
		}
	}

	/** Ends the request from our side; a socket that is only being opened is given up too. */
	end(reason: Ended): void {
		if (this.settled) return;
		this.ended ??= reason;
		this.controller?.abort(this.ended);
		this.fail(this.ended);
	}

	fail(error: unknown): void {
		if (this.settled) return;
		this.settled = true;
		const ended = this.ended?.reason;
		if (ended === 'cancelled') {
			this.reject(new AirError(this.written ? 'AIR_CANCELLED_IN_FLIGHT' : 'AIR_CANCELLED'));
		} else if (ended === 'timeout') {
			this.reject(new AirError(this.written ? 'AIR_TIMEOUT' : 'AIR_CONNECT_TIMEOUT'));
		} else if (ended === 'too-large') {
			this.reject(new AirError('AIR_ANSWER_TOO_LARGE', { httpStatus: this.status }));
		} else {
			this.reject(transportError(error, this.written));
		}
	}
}

/**
 * Sends one request. Every byte to AIR passes here: targets are checked, redirects are never
 * followed, nothing is repeated, and answers are unpacked.
 *
 * @returns the answer, whatever its status
 * @throws AirError of kind `input` (target refused), `not-sent`, `outcome-unknown` or `cancelled`
 * @example
 * ```ts
 * const { status, text } = await send({ method: 'GET', url, headers: {}, timeoutMs: 10_000 });
 * ```
 */
export async function send(request: EgressRequest): Promise<HttpAnswer> {
	const { method, headers, body, timeoutMs, signal, graceMs = 0, env = process.env } = request;
	const url = new URL(request.url);
	const policy = targetPolicy(env);
	assertTargetAllowed(url, policy);
	const isCancelled = () => signal?.aborted === true;
	if (isCancelled()) throw new AirError('AIR_CANCELLED');
	const proxy = proxyFor(url);
	if (url.protocol === 'http:' && proxy !== undefined) {
		// A proxy resolves the name itself; http is for private addresses only, so it is looked up here.
		await assertResolvesAllowed(url, policy);
	}
	// undici returns a connection to its pool one tick late; without this, the next call would open another.
	await nextTurn();
	// Comes last, so that nobody closes the pool in between because of another host.
	const dispatcher = dispatcherFor(url, policy, proxy);

	const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
	const exchange = new Exchange(request.maxBytes ?? LONGEST_ANSWER_BYTES, resolve, reject);
	const cancel = () => {
		exchange.cancel(graceMs);
	};
	const timer = setTimeout(() => {
		exchange.end(new Ended('timeout'));
	}, timeoutMs);
	try {
		signal?.addEventListener('abort', cancel, { once: true });
		if (isCancelled()) cancel();
		else {
			dispatcher.dispatch(
				{
					origin: url.origin,
					path: `${url.pathname}${url.search}`,
					method,
					// AIR's answers are short, and without compression nothing can be unpacked wrongly.
					headers: { 'accept-encoding': 'identity', ...headers },
					body: body ?? null,
					headersTimeout: timeoutMs,
					bodyTimeout: timeoutMs,
				},
				exchange,
			);
		}
		return await promise;
	} catch (error) {
		if (error instanceof AirError) throw error;
		throw new AirError('AIR_CONNECT_FAILED', {
			detail: redact(error instanceof Error ? error.message : 'unexpected', 120),
		});
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener('abort', cancel);
	}
}
