import type { IncomingHttpHeaders } from 'node:http';
import type { Air, Host } from './air';
import { airError, MESSAGES, Refusal, type Answer } from './answers';
import { initializeUser } from './direct/account';
import { issueOnBehalf } from './issue';
import { verifyPartnerJwt, type Claimed } from './partnerJwt';
import type { Operation, RequestRecord } from './record';
import { parseJson } from './request';
import { getStatus } from './status';

/** A request whose body has arrived. */
export interface Request {
	readonly operation: Exclude<Operation, 'unknown'>;
	readonly claimed: Claimed | undefined;
	/** The hash that a status query asks for. */
	readonly hash: string | null;
	readonly text: string;
	readonly headers: IncomingHttpHeaders;
}

const ROUTES: Readonly<Record<Host, Readonly<Record<string, Operation>>>> = {
	chain: {
		'POST /v1/credentials/issue-on-behalf': 'issue',
		'GET /v1/credentials/status': 'status',
		'POST /v1/dstorage/vcs': 'store',
	},
	account: { 'POST /v2/auth/initialize-user': 'account' },
};

export function operationOf(host: Host, method: string | undefined, path: string): Operation {
	const name = `${method ?? ''} ${path}`;
	const routes = ROUTES[host];
	return (Object.hasOwn(routes, name) ? routes[name] : undefined) ?? 'unknown';
}

/** Carries out a request, and records what was done. */
export async function carryOut(air: Air, entry: RequestRecord, request: Request): Promise<Answer> {
	const { state, keys, clock, log } = air;
	const { operation, claimed } = request;
	try {
		const body = parseJson(request.text, request.headers['content-type']);
		if (state.settings.recordBodies && body !== undefined) {
			// The token itself is never kept.
			entry.body = operation === 'account' ? undefined : body;
		}
		if (operation === 'account') checkAccountRequest(request, body);
		const { partner, recipient } = await verifyPartnerJwt(claimed, operation, state, keys, clock);
		switch (operation) {
			case 'status': {
				const answer = getStatus(state, partner, request.hash);
				entry.outcome = 'status';
				return answer;
			}
			case 'issue': {
				const users = state.users.size;
				const { answer, outcome, coreClaimHash } = issueOnBehalf(state, partner, recipient, body);
				log.counts.usersCreated += state.users.size - users;
				if (outcome !== 'existing') log.counts.issuances += 1;
				if (outcome === 'reissued') log.counts.revoked += 1;
				entry.outcome = outcome;
				entry.coreClaimHash = coreClaimHash;
				return answer;
			}
			case 'account': {
				const { answer, created } = initializeUser(state, air.holders, recipient);
				log.counts.usersCreated += created ? 1 : 0;
				log.counts.accounts += created ? 1 : 0;
				entry.outcome = 'account';
				return answer;
			}
			case 'store': {
				const { answer, outcome, unopened, reason } = air.dstorage.store(
					partner,
					body,
					entry.bodyHash,
				);
				log.counts.stored += outcome === 'stored' ? 1 : 0;
				log.counts.unopened += unopened === undefined ? 0 : 1;
				log.counts.storeRepeats += outcome === 'repeated' ? 1 : 0;
				entry.outcome = outcome;
				entry.reason = reason ?? unopened;
				return answer;
			}
		}
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		if (operation === 'store') log.counts.storeRefused += 1;
		entry.outcome = 'refused';
		entry.reason = error.reason;
		return airError(error.status, error.message);
	}
}

/** The partner is named twice: in the header, and in the token that comes in the body. */
function checkAccountRequest({ claimed, headers }: Request, body: unknown): void {
	const partnerId = headers['x-partner-id'];
	if (partnerId === undefined || partnerId === '') {
		throw new Refusal(400, 'Missing required field: x-partner-id');
	}
	if (typeof body !== 'object' || body === null || !('partnerJwt' in body)) {
		throw new Refusal(400, 'Missing required field: partnerJwt');
	}
	if (claimed !== undefined && claimed.claims.partnerId !== partnerId) {
		throw new Refusal(401, MESSAGES.issueUnauthorized, 'x-partner-id is not that of the token');
	}
}
