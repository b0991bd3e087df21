import type { LedgerRow, RowState } from '../../../ledger/Ledger';
import { ROW_STATES } from '../../../ledger/Ledger';
import {
	decideAnswered,
	decideBegin,
	decideFailed,
	decideObserved,
	expireLease,
	LEASE_EXPIRED,
} from '../../../ledger/transitions';
import { request } from './contract/requests';
import { attempt, row } from './modelLedger';

const ACCEPTED = { outcome: 'accepted', coreClaimHash: 'hash-1' } as const;

/** A row in a state, at time 1000, with a lease until 2000 if it has one. */
function inState(state: RowState, changes: Partial<LedgerRow> = {}): LedgerRow {
	const answered = [
		'submitted',
		'stored',
		'confirmed',
		'unusable',
		'superseded',
		'revoked',
	].includes(state);
	const first =
		state === 'sending'
			? attempt(1)
			: attempt(1, answered ? ACCEPTED : { outcome: state === 'rejected' ? state : 'unknown' });
	return row({
		state,
		attempts: [first],
		leaseUntil: state === 'sending' ? 2000 : null,
		coreClaimHash: answered ? 'hash-1' : null,
		answeredAt: answered ? 500 : null,
		updatedAt: 500,
		...changes,
	});
}

describe('decideBegin', () => {
	const situations = {
		'the same again': request({ rememberMs: null }),
		'Keep Existing': request({ rememberMs: null, repeatUnknown: true }),
		'other content': request({ rememberMs: null, subjectHmac: 'hmac-2' }),
		'another key': request({
			rememberMs: null,
			subjectHmac: 'hmac-2',
			keyThumbprint: 'thumbprint-2',
		}),
		'somebody else': request({ rememberMs: null, recipient: 'eve@example.com' }),
		'somebody else, another key': request({
			rememberMs: null,
			recipient: 'eve@example.com',
			keyThumbprint: 'thumbprint-2',
		}),
		'remembered no longer': request({ rememberMs: 500, recipient: 'eve@example.com' }),
		'just remembered': request({ rememberMs: 501 }),
	};
	const [again, other] = ['retire', 'recipient'];
	const unknown = ['unknown', 'start', 'subject', 'unknown', other, other, again, 'unknown'];
	const answered = ['answer', 'answer', 'subject', 'answer', other, other, again, 'answer'];
	const table: Record<RowState, string[]> = {
		sending: ['busy', 'busy', 'subject', 'busy', other, other, other, 'busy'],
		rejected: ['start', 'start', 'start', 'start', other, again, other, 'start'],
		unknown,
		submitted: answered,
		stored: answered,
		confirmed: answered,
		unusable: answered,
		superseded: answered,
		revoked: answered,
		abandoned: unknown,
	};
	const cases = ROW_STATES.flatMap((state) =>
		Object.entries(situations).map(
			([situation, asked], i) => [state, situation, asked, table[state][i]] as const,
		),
	);

	test.each(cases)('%s, %s', (state, _, asked, expected) => {
		const decision = decideBegin(inState(state), asked, 1000);
		const word = decision.do === 'conflict' ? decision.about : decision.do;
		expect(word === 'retire-and-insert' ? 'retire' : word).toBe(expected);
	});

	test('no row is inserted, the next attempt is numbered, and a lease tells its rest', () => {
		expect(decideBegin(undefined, request(), 1000)).toEqual({ do: 'insert' });
		const refused = inState('rejected', { attempt: 3 });
		expect(decideBegin(refused, request(), 1000)).toEqual({ do: 'start', attempt: 4 });
		expect(decideBegin(inState('sending'), request(), 1999)).toEqual({
			do: 'busy',
			leaseMs: 1,
		});
		expect(decideBegin(inState('sending'), request(), 2000)).toMatchObject({ do: 'expire' });
	});

	test('an abandoned row with an issuance is a replay', () => {
		const abandoned = inState('abandoned', { coreClaimHash: 'hash-1', answeredAt: 1 });
		expect(decideBegin(abandoned, request({ repeatUnknown: true }), 1000).do).toBe('answer');
	});
});

describe('expireLease', () => {
	test.each(ROW_STATES)('%s', (state) => {
		const end = expireLease(inState(state), 2000);
		if (state !== 'sending') expect(end).toBeUndefined();
		else expect(end).toMatchObject({ state: 'unknown', reason: LEASE_EXPIRED, standing: null });
	});

	test('not before its time, and not over an answer that came meanwhile', () => {
		expect(expireLease(inState('sending'), 1999)).toBeUndefined();
		const overtaken = inState('sending', {
			attempt: 2,
			attempts: [attempt(1, ACCEPTED), attempt(2)],
		});
		expect(expireLease(overtaken, 2000)).toMatchObject({
			state: 'submitted',
			standing: { number: 1, coreClaimHash: 'hash-1' },
			submitted: true,
		});
	});
});

describe('decideAnswered', () => {
	const accepted = { coreClaimHash: 'hash-2', userUuid: null };
	const stands = { state: 'submitted', standing: { coreClaimHash: 'hash-2' }, submitted: true };
	const remains = { standing: { coreClaimHash: 'hash-1' }, submitted: false };

	/** What the first, overtaken attempt and what the second, present one make of the row. */
	const table: Record<RowState, [object, object]> = {
		sending: [{ state: 'sending', standing: null, submitted: false }, stands],
		rejected: [stands, stands],
		unknown: [stands, stands],
		abandoned: [stands, stands],
		submitted: [remains, stands],
		stored: [remains, remains],
		confirmed: [remains, remains],
		unusable: [remains, remains],
		superseded: [remains, remains],
		revoked: [remains, remains],
	};

	test.each(ROW_STATES)('%s', (state) => {
		const told = (answered: number, standing: number) => {
			const { coreClaimHash } = inState(state);
			const attempts = [1, 2].map((number) =>
				number === standing && coreClaimHash !== null ? attempt(number, ACCEPTED) : attempt(number),
			);
			return decideAnswered(inState(state, { attempt: 2, attempts }), answered, accepted);
		};
		const unchanged = { state };
		const [overtaken, present] = table[state];
		expect(told(1, 2)).toMatchObject(
			overtaken === remains ? { ...remains, ...unchanged } : overtaken,
		);
		expect(told(2, 1)).toMatchObject(present === remains ? { ...remains, ...unchanged } : present);
	});

	test.each(ROW_STATES)('%s, told twice', (state) => {
		const attempts = [attempt(1, ACCEPTED)];
		const told = inState(state, { attempts });
		expect(decideAnswered(told, 1, accepted)).toMatchObject({ state, submitted: false });
	});
});

describe('decideFailed', () => {
	const outcomes = ['rejected', 'not-sent', 'unknown'] as const;
	const cases = ROW_STATES.flatMap((state) => outcomes.map((outcome) => [state, outcome] as const));
	const changing: readonly RowState[] = ['sending', 'unknown'];

	test.each(cases)('%s: %s', (state, outcome) => {
		const end = decideFailed(inState(state), 1, { outcome, reason: 'AIR_X' });
		const changed = outcome === 'unknown' ? 'unknown' : 'rejected';
		expect(end.state).toBe(changing.includes(state) ? changed : state);
		expect(end.submitted).toBe(false);
	});

	test.each([
		['rejected', 'rejected', 'rejected'],
		['not-sent', 'rejected', 'rejected'],
		['unknown', 'rejected', 'unknown'],
		['open', 'not-sent', 'unknown'],
		['rejected', 'unknown', 'unknown'],
	] as const)('after an attempt that ended %s: %s makes %s', (first, outcome, expected) => {
		const attempts = [attempt(1, { outcome: first }), attempt(2)];
		const sending = inState('sending', { attempt: 2, attempts });
		expect(decideFailed(sending, 2, { outcome, reason: 'AIR_X' }).state).toBe(expected);
	});

	test('what is known of an attempt is not unlearned', () => {
		const refused = inState('rejected');
		const end = decideFailed(refused, 1, { outcome: 'unknown', reason: 'AIR_X' });
		expect(end).toMatchObject({ state: 'rejected', reason: null });
	});
});

describe('decideObserved', () => {
	type Seen = Parameters<typeof decideObserved>[1];
	const pending: Seen = { vcStatus: 'WAIT_ONCHAIN', vcId: null, state: 'pending', nextCheckMs: 7 };
	const odd: Seen = { vcStatus: 'ASTONISHED', vcId: null, state: 'unknown', nextCheckMs: 7 };
	const confirmed: Seen = { vcStatus: 'ONCHAIN', vcId: 'vc-1', state: 'confirmed', nextCheckMs: 7 };
	const unusable: Seen = { vcStatus: 'REMOVE', vcId: null, state: 'unusable', nextCheckMs: 7 };

	/** State after each of the four, and whether AIR is asked again. */
	const table: Record<RowState, RowState[]> = {
		sending: ['sending', 'sending', 'sending', 'sending'],
		rejected: ['rejected', 'rejected', 'rejected', 'rejected'],
		unknown: ['unknown', 'unknown', 'unknown', 'unknown'],
		superseded: ['superseded', 'superseded', 'superseded', 'superseded'],
		stored: ['stored', 'stored', 'stored', 'stored'],
		revoked: ['revoked', 'revoked', 'revoked', 'revoked'],
		abandoned: ['abandoned', 'abandoned', 'confirmed', 'unusable'],
		submitted: ['submitted', 'submitted', 'confirmed', 'unusable'],
		confirmed: ['confirmed', 'confirmed', 'confirmed', 'unusable'],
		unusable: ['unusable', 'unusable', 'unusable', 'unusable'],
	};

	test.each(ROW_STATES)('%s', (state) => {
		const changes = [pending, odd, confirmed, unusable].map((seen) =>
			decideObserved(inState(state), seen),
		);
		expect(changes.map((change) => change.state)).toEqual(table[state]);
		expect(changes.map(({ nextCheckMs }) => nextCheckMs)).toEqual(
			state === 'submitted' ? [7, 7, null, null] : [null, null, null, null],
		);
		for (const change of changes) {
			const own = change.events.filter(({ type }) => type !== 'status').map(({ type }) => type);
			expect(own).toEqual(change.state === state ? [] : [change.state]);
		}
	});

	test.each(ROW_STATES)('%s while another attempt may be taking its place', (state) => {
		const row = inState(state);
		const later = decideObserved(row, unusable, true);
		const waits = state === 'submitted' || state === 'confirmed';
		expect(later).toEqual(
			waits
				? { state, vcStatus: row.vcStatus, vcId: row.vcId, events: [], nextCheckMs: 7 }
				: decideObserved(row, unusable),
		);
		const asked = decideObserved(row, { ...unusable, nextCheckMs: null }, true);
		expect(asked.nextCheckMs).toBe(waits ? 30_000 : null);
		for (const seen of [pending, odd, confirmed]) {
			expect(decideObserved(row, seen, true)).toEqual(decideObserved(row, seen));
		}
	});

	test('the vcId belongs to the status: it is kept, taken and refused with it', () => {
		const known = inState('confirmed', { vcStatus: 'ONCHAIN', vcId: 'vc-1' });
		expect(decideObserved(known, { ...pending, vcId: 'vc-0' })).toMatchObject({ vcId: 'vc-1' });
		expect(decideObserved(known, unusable)).toMatchObject({ vcStatus: 'REMOVE', vcId: 'vc-1' });
		expect(decideObserved(inState('submitted'), confirmed)).toMatchObject({ vcId: 'vc-1' });
	});

	test('a status is news once, and an old one is none', () => {
		const known = inState('confirmed', { vcStatus: 'ONCHAIN' });
		expect(decideObserved(known, confirmed).events).toEqual([]);
		expect(decideObserved(known, pending)).toMatchObject({ vcStatus: 'ONCHAIN', events: [] });
		expect(decideObserved(known, unusable).events).toEqual([
			{ type: 'status', threshold: 'REMOVE' },
			{ type: 'unusable', threshold: '' },
		]);
	});
});
