import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Air, Host } from './air';
import { alter, retryAfter, type Echo } from './answerFault';
import { airError, gatewayError, MESSAGES, type Answer } from './answers';
import { carryOut, operationOf, type Request } from './carryOut';
import { send, sendHalf } from './deliver';
import type { Fault } from './faults';
import { readToken, textOr, type Claimed } from './partnerJwt';
import type { RequestRecord } from './record';
import { readBody, textMember } from './request';

type LogLine = (line: string) => void;

/** One request to the emulated API, from its bytes to its answer or to whatever replaces that. */
export async function serveApi(
	air: Air,
	host: Host,
	req: IncomingMessage,
	res: ServerResponse,
	logLine: LogLine | undefined,
): Promise<void> {
	const started = performance.now();
	const [path = '/', query = ''] = (req.url ?? '/').split('?', 2);
	const operation = operationOf(host, req.method, path);
	const hash = operation === 'status' ? new URLSearchParams(query).get('coreClaimHash') : null;
	let claimed = operation === 'account' ? undefined : readToken(req.headers['x-partner-auth']);
	const entry: RequestRecord = {
		at: Date.now(),
		operation,
		method: req.method ?? '',
		path,
		userAgent: req.headers['user-agent'],
		coreClaimHash: hash ?? undefined,
		outcome: 'not done',
	};
	note(entry, claimed);
	air.log.open(entry, req.socket);

	let inFlight = true;
	const leave = (): void => {
		if (inFlight) air.log.leave();
		inFlight = false;
	};
	res.once('close', () => {
		leave();
		entry.ms = Math.round(performance.now() - started);
		if (!res.writableFinished) entry.cutOff = true;
		logLine?.(lineOf(entry));
	});

	const settle = (answer: Answer): Answer => {
		air.log.answered(entry, answer.status);
		// The client may have the answer before our own 'close' event, and must not be counted twice.
		leave();
		return {
			...answer,
			headers: { date: new Date(air.clock.wall()).toUTCString(), ...answer.headers },
		};
	};
	try {
		const text = await readBody(req, air.state.settings.bodyLimitBytes);
		if (text === undefined) {
			entry.reason = 'body too large';
			await send(res, settle(gatewayError(413, 'Request Entity Too Large')));
			return;
		}
		if (operation === 'unknown') {
			entry.reason = 'no such route';
			await send(res, settle(gatewayError(404, 'Not Found')));
			return;
		}
		if (!air.rateLimit.admit()) {
			entry.outcome = 'rate limited';
			air.log.counts.rateLimited += 1;
			await send(res, settle(tooMany(air)));
			return;
		}
		if (operation === 'account') {
			claimed = readToken(textMember(text, 'partnerJwt'));
			note(entry, claimed);
		}
		if (operation === 'store') {
			entry.emailInToken = entry.recipient !== undefined;
			entry.bodyHash = createHash('sha256').update(text).digest('hex');
			entry.externalId = textMember(text, 'externalId');
			entry.recipient = air.holders.withDid(textMember(text, 'holderDid') ?? '')?.email;
		}
		const request: Request = { operation, claimed, hash, text, headers: req.headers };
		const work = (): Promise<Answer> => carryOut(air, entry, request);
		const fault = air.faults.take(operation, entry.recipient);
		if (fault === undefined) {
			const answer = await work();
			await air.workers[host].work(async () => {
				await air.pause(air.state.settings.latencyMs);
			});
			if (res.destroyed) return;
			await send(res, settle(answer));
			return;
		}
		const echo = { headers: req.headers, ...(operation === 'account' ? { body: text } : {}) };
		await misbehave(air, entry, fault, work, settle, res, echo);
	} catch (error) {
		// The client hung up, or we did: nobody is left to answer.
		if (res.destroyed || req.destroyed) return;
		entry.reason = `emulator error: ${error instanceof Error ? error.message : String(error)}`;
		if (!res.headersSent) await send(res, settle(airError(500, MESSAGES.serverFailure)));
		else res.destroy();
	}
}

/** Copies a token's unverified header and claims into the record. */
function note(entry: RequestRecord, claimed: Claimed | undefined): void {
	entry.tokenHash = claimed?.tokenHash;
	entry.alg = textOr(claimed?.header.alg);
	entry.kid = textOr(claimed?.header.kid);
	entry.partnerId = textOr(claimed?.claims.partnerId);
	entry.recipient = textOr(claimed?.claims.email);
}

function tooMany(air: Air): Answer {
	const answer = airError(429, MESSAGES.tooManyRequests);
	const setting = air.rateLimit.current.retryAfter;
	if (setting !== undefined) answer.headers['retry-after'] = retryAfter(setting, air.clock);
	return answer;
}

async function misbehave(
	air: Air,
	entry: RequestRecord,
	fault: Fault,
	work: () => Promise<Answer>,
	settle: (answer: Answer) => Answer,
	res: ServerResponse,
	echo: Echo,
): Promise<void> {
	entry.fault = fault.kind;
	air.log.counts.faults += 1;
	const real = worksFirst(fault) ? await work() : undefined;
	await air.pause(fault.delayMs);
	if (fault.kind === 'hang' || res.destroyed) return;
	if (fault.kind === 'reset' && !fault.midBody) {
		res.socket?.resetAndDestroy();
		return;
	}
	const answer = alter(fault, real, air.clock, echo);
	if (fault.kind === 'stall' || fault.kind === 'reset') {
		const finish = await sendHalf(res, settle(answer));
		if (fault.kind === 'reset') {
			res.socket?.resetAndDestroy();
			return;
		}
		await air.pause(fault.stallMs);
		finish();
		return;
	}
	await send(res, settle(answer));
}

function worksFirst(fault: Fault): boolean {
	switch (fault.kind) {
		case 'answer':
		case 'redirect':
		case 'hang':
		case 'encode':
			return fault.afterWork;
		case 'reset':
			return fault.afterWork || fault.midBody;
		case 'delay':
		case 'headers':
		case 'stall':
		case 'dropField':
		case 'setField':
		case 'echo':
			return true;
	}
}

function lineOf(entry: RequestRecord): string {
	const words = [
		entry.operation === 'unknown' ? `${entry.method} ${entry.path}` : entry.operation,
		entry.recipient ?? '-',
		entry.status === undefined ? 'no answer' : String(entry.status),
		entry.outcome,
	];
	if (entry.coreClaimHash !== undefined) words.push(entry.coreClaimHash.slice(0, 12));
	if (entry.externalId !== undefined) words.push(entry.externalId);
	if (entry.reason !== undefined) words.push(`(${entry.reason})`);
	if (entry.fault !== undefined) words.push(`fault=${entry.fault}`);
	words.push(`${entry.ms ?? 0} ms`);
	return words.join(' ');
}
