import type { CursorKey, FeedFilter } from '../../../../ledger/Ledger';
import type { AttemptRef, LedgerRow, SealedCredential } from '../../../../ledger/Ledger';
import { LedgerError } from '../../../../ledger/LedgerError';
import { answer, PROGRAM, REALM, request, seen } from '../contract/requests';
import type { ContractStore } from '../contract/store';
import { MINUTE, type Step } from './steps';

const LEASE_MS = 10 * MINUTE;
const REMEMBERED_MS = 24 * 60 * MINUTE;

const person = (n: number) => `person-${n}@example.com`;
const hash = (n: number) => `hash-${n}`;
const cursorOf = (trigger: number): CursorKey => ({
	realm: REALM,
	instance: 'instance-1',
	workflowId: 'workflow-9',
	nodeId: `node-${trigger}`,
});
const EVERYTHING: FeedFilter = {
	realm: REALM,
	source: { from: 'everywhere' },
	types: ['confirmed', 'unusable', 'superseded', 'status', 'delayed', 'abandoned'],
	delayMinutes: 5,
};

const VCT = 'https://example.com/types/member';

/** What stands for the bytes of a credential. @param n - of each its own */
const sealedAs = (n: number, expiresAt: number): SealedCredential => ({
	externalId: `urn:uuid:${n}`,
	body: `{"data":"${n}"}`,
	revocationNumber: String(1000 + n),
	expiresAt,
	issuer: 'did:web:example.com',
	kid: 'k1',
	publicJwk: '{}',
	holderDid: 'did:air:id:test:ada',
	holderKey: '302a',
});

/** Later than any number that is not a time. */
const FIRST_TIME = 1e11;

/**
 * Does steps on a store, and tells what each of them was told in words that are the same wherever the
 * same happened: IDs by the order in which they appeared, times in minutes since the beginning.
 */
export class Player {
	private readonly attempts: (AttemptRef & { readonly direct: boolean })[] = [];
	private sealed = 0;
	private readonly rows = new Map<number, string>();
	private readonly events = new Map<number, string>();
	private claimed: readonly LedgerRow[] = [];
	private readonly began: number;

	constructor(private readonly store: ContractStore) {
		this.began = store.now();
	}

	/** @returns what was told, and all that is in the store afterwards */
	async play(step: Step): Promise<unknown> {
		// So that no two things happen in one millisecond on one store and in two on the other.
		this.store.advance(MINUTE);
		let told: unknown;
		try {
			told = await this.take(step);
		} catch (error) {
			if (!(error instanceof LedgerError)) throw error;
			told = { code: error.code, detail: error.detail };
		}
		const { ledger } = this.store;
		const rows = (await ledger.list({ limit: 1000 })).reverse();
		for (const { id } of rows) if (!this.rows.has(id)) this.rows.set(id, `row ${this.rows.size}`);
		const events = await ledger.events(0, 1000);
		for (const { id } of events) {
			if (!this.events.has(id)) this.events.set(id, `event ${this.events.size}`);
		}
		return this.plain({ step, told, rows, events: events.map((event) => ({ event })) });
	}

	private async take(step: Step): Promise<unknown> {
		const { ledger } = this.store;
		switch (step.do) {
			case 'begin': {
				const begun = await ledger.begin(
					request({
						idempotencyKey: `key-${step.key}`,
						recipient: person(step.person),
						subjectHmac: `hmac-${step.subject}`,
						keyThumbprint: `thumbprint-${step.signer}`,
						repeatUnknown: step.repeatUnknown,
						replaces: step.replaces,
						rememberMs: step.remember ? null : REMEMBERED_MS,
						leaseMs: LEASE_MS,
					}),
				);
				if (begun.outcome === 'started') this.attempts.push({ ...begun, direct: false });
				return begun;
			}
			case 'direct':
				return await this.direct(step);
			case 'answered':
				return await this.withAttempt(step.attempt, async ({ direct, ...attempt }) => {
					const { supersedes } = step;
					const nextCheckMs = direct ? null : step.nextCheckMs;
					return await ledger.answered(
						attempt,
						answer(hash(step.hash), { supersedes, nextCheckMs }),
					);
				});
			case 'failed':
				return await this.withAttempt(step.attempt, async (attempt) => {
					const { outcome } = step;
					return await ledger.failed(attempt, { outcome, reason: `AIR_${outcome}` });
				});
			case 'observed':
				return await ledger.observed(
					REALM,
					hash(step.hash),
					seen(step.state.toUpperCase(), step.state, {
						vcId: step.vcId,
						nextCheckMs: step.nextCheckMs,
						...(step.person === null ? {} : { recipient: person(step.person) }),
					}),
				);
			case 'missing': {
				const { condemnAfterMs } = step;
				await ledger.missing(REALM, hash(step.hash), { nextCheckMs: MINUTE, condemnAfterMs });
				return undefined;
			}
			case 'hold':
				await ledger.hold(REALM, hash(step.hash), 30 * MINUTE);
				return undefined;
			case 'claim': {
				const ids = step.watched ? { ids: [...this.rows.keys()] } : {};
				const query = { realm: REALM, limit: step.limit, leaseMs: 5 * MINUTE, ...ids };
				this.claimed = await ledger.claimDue(query);
				return this.claimed;
			}
			case 'release':
				await ledger.release(this.claimed.map(({ id }) => id));
				return undefined;
			case 'postpone':
				await ledger.postpone(this.claimed.map(({ id }) => ({ id, nextCheckMs: 30 * MINUTE })));
				return undefined;
			case 'watch': {
				const { nodeId, ...origin } = cursorOf(0);
				const pairs = step.pairs.map(([hashNumber, who]) => ({
					coreClaimHash: hash(hashNumber),
					recipient: person(who),
				}));
				return await ledger.watch({ ...origin, nodeId, pairs });
			}
			case 'delayed':
				return await ledger.appendDelayed({ realm: REALM, ...step });
			case 'prune':
				return await ledger.prune({
					realm: REALM,
					finishedDays: step.days,
					openDays: 2 * step.days,
					limit: step.limit,
				});
			case 'forget':
				return await ledger.forget(person(step.person));
			case 'accept':
				await ledger.acceptKey(REALM, `thumbprint-${step.signer}`);
				return undefined;
			case 'open':
				return this.cursor(await ledger.openCursor(cursorOf(step.trigger), step.start));
			case 'move': {
				const [id = 0] = [...this.events.keys()].slice(step.event);
				const move = { delivered: id, offered: id, toldMissed: step.told };
				await ledger.moveCursor(cursorOf(step.trigger), move);
				return undefined;
			}
			case 'feed': {
				const { delivered } = await ledger.openCursor(cursorOf(step.trigger), 'beginning');
				const query = { ...EVERYTHING, after: delivered, limit: step.limit };
				const { events, upTo } = await ledger.feed(query);
				return { events: events.map(withoutLedger), upTo: this.events.get(upTo) ?? upTo };
			}
			case 'newest': {
				const found = await ledger.newestInFeed({ ...EVERYTHING, types: [step.type] });
				return found && withoutLedger(found);
			}
			case 'find': {
				const by = { program: PROGRAM, idempotencyKey: `key-${step.key}` };
				const found = [await ledger.find(REALM, by)];
				return [...found, await ledger.find(REALM, { coreClaimHash: hash(step.hash) })];
			}
			case 'list': {
				const who = step.person === null ? {} : { recipient: person(step.person) };
				return await ledger.list({ limit: 9, unanswered: step.unanswered, ...who });
			}
			case 'restart':
				await this.store.reopen();
				return undefined;
			case 'wait':
				this.store.advance(step.ms);
				return undefined;
		}
	}

	/** Looks, seals, begins: as an issuing node does it. */
	private async direct(step: Extract<Step, { do: 'direct' }>): Promise<unknown> {
		const { ledger } = this.store;
		const asked = {
			...request({
				program: VCT,
				idempotencyKey: `key-${step.key}`,
				recipient: person(step.person),
				repeatUnknown: true,
				rememberMs: null,
				leaseMs: LEASE_MS,
			}),
			ifHeld: step.ifHeld,
		};
		const seen = await ledger.lookDirect(asked);
		if (seen.outcome !== 'open') return seen;
		const before = seen.sealed;
		const sealed =
			step.sameBytes && before !== undefined
				? before
				: sealedAs(this.sealed++, this.store.now() + step.expiresInMs);
		const instead = before?.externalId ?? null;
		const begun = await ledger.beginDirect(asked, { sealed, outlives: true, instead });
		if (begun.outcome === 'started') this.attempts.push({ ...begun, direct: true });
		return [seen, begun];
	}

	private async withAttempt<T>(
		number: number,
		work: (attempt: AttemptRef & { readonly direct: boolean }) => Promise<T>,
	) {
		const attempt = this.attempts[number % Math.max(this.attempts.length, 1)];
		return attempt === undefined ? undefined : await work(attempt);
	}

	private cursor(cursor: { delivered: number; offered: number; ledgerId: string }) {
		const { ledgerId, delivered, offered, ...others } = cursor;
		const at = (id: number) => this.events.get(id) ?? id;
		return { ...others, delivered: at(delivered), offered: at(offered), named: ledgerId !== '' };
	}

	/** In words that do not depend on the store. */
	private plain(value: unknown, name = ''): unknown {
		if (Array.isArray(value)) return value.map((each) => this.plain(each, name));
		if (typeof value === 'object' && value !== null) {
			return Object.fromEntries(
				Object.entries(value).map(([key, each]) => [
					key,
					key === 'id' && typeof each === 'number'
						? ((name === 'event' || name === 'events' ? this.events : this.rows).get(each) ?? each)
						: this.plain(each, key),
				]),
			);
		}
		if (typeof value !== 'number') return value;
		if (name === 'issuanceId') return this.rows.get(value) ?? value;
		if (name === 'leaseMs') return `${Math.round(value / MINUTE)} min`;
		return value < FIRST_TIME ? value : `${Math.round((value - this.began) / MINUTE)} min`;
	}
}

const withoutLedger = ({ ledgerId, ...event }: { readonly ledgerId: string }) => ({
	...event,
	named: ledgerId !== '',
});
