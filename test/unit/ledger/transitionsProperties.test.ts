import fc from 'fast-check';
import type { LedgerRow } from '../../../ledger/Ledger';
import { LEASE_MS, ModelLedger } from './modelLedger';

type Step =
	| { readonly do: 'begin'; readonly repeatUnknown: boolean }
	| { readonly do: 'answered'; readonly attempt: number }
	| {
			readonly do: 'failed';
			readonly attempt: number;
			readonly outcome: 'rejected' | 'not-sent' | 'unknown';
	  }
	| { readonly do: 'observed'; readonly state: 'pending' | 'unknown' | 'confirmed' | 'unusable' }
	| { readonly do: 'superseded' | 'abandoned' }
	| { readonly do: 'wait'; readonly ms: number };

const attempt = fc.integer({ min: 1, max: 4 });

const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ do: fc.constant('begin' as const), repeatUnknown: fc.boolean() }),
	fc.record({ do: fc.constant('answered' as const), attempt }),
	fc.record({
		do: fc.constant('failed' as const),
		attempt,
		outcome: fc.constantFrom('rejected' as const, 'not-sent' as const, 'unknown' as const),
	}),
	fc.record({
		do: fc.constant('observed' as const),
		state: fc.constantFrom('pending', 'unknown', 'confirmed', 'unusable'),
	}),
	fc.record({ do: fc.constantFrom('superseded' as const, 'abandoned' as const) }),
	fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, LEASE_MS / 2, LEASE_MS) }),
);

const steps = fc.array(step, { maxLength: 40 });

/** Does a step. @returns what begin answered, if it was one */
function take(model: ModelLedger, next: Step): string | undefined {
	switch (next.do) {
		case 'begin':
			return model.begin(next.repeatUnknown);
		case 'answered':
			model.answered(next.attempt, `hash-${next.attempt}`);
			return undefined;
		case 'failed':
			model.failed(next.attempt, next.outcome);
			return undefined;
		case 'observed':
			model.observed(next.state, next.state);
			return undefined;
		case 'wait':
			model.now += next.ms;
			return undefined;
		case 'superseded':
		case 'abandoned':
			model.became(next.do);
			return undefined;
	}
}

type Check = (step: {
	readonly next: Step;
	readonly before: LedgerRow | undefined;
	readonly after: LedgerRow | undefined;
	readonly begun: string | undefined;
	readonly now: number;
}) => void;

/** Checks something after each step of any sequence of them. */
function always(check: Check): void {
	fc.assert(
		fc.property(steps, (sequence) => {
			const model = new ModelLedger();
			for (const next of sequence) {
				const before = model.row;
				const begun = take(model, next);
				check({ next, before, after: model.row, begun, now: model.now });
			}
		}),
		{ numRuns: 2000 },
	);
}

test('nothing is started while a lease is valid', () => {
	always(({ before, begun, now }) => {
		if (begun !== 'started' || before === undefined) return;
		expect(before.state === 'sending' && (before.leaseUntil ?? 0) > now).toBe(false);
	});
});

test('unless unknown outcomes may be repeated, it is started again only after refusals', () => {
	always(({ next, before, begun }) => {
		if (begun !== 'started' || (next.do === 'begin' && next.repeatUnknown)) return;
		const outcomes = before?.attempts.map(({ outcome }) => outcome) ?? [];
		expect(outcomes.filter((each) => each !== 'rejected' && each !== 'not-sent')).toEqual([]);
	});
});

test('nothing is started after an attempt is known to be accepted', () => {
	always(({ before, begun }) => {
		if (begun !== 'started') return;
		expect(before?.attempts.filter(({ outcome }) => outcome === 'accepted') ?? []).toEqual([]);
	});
});

test('state never moves backwards', () => {
	const later: Partial<Record<LedgerRow['state'], string[]>> = {
		submitted: ['submitted', 'confirmed', 'unusable', 'superseded', 'abandoned'],
		confirmed: ['confirmed', 'unusable', 'superseded'],
		unusable: ['unusable'],
		superseded: ['superseded'],
	};
	always(({ before, after }) => {
		const allowed = before === undefined ? undefined : later[before.state];
		if (allowed !== undefined) expect(allowed).toContain(after?.state);
	});
});

test('a hash is never lost, and one stands as soon as nothing is under way', () => {
	always(({ before, after }) => {
		const hashes = (row: LedgerRow | undefined) =>
			row?.attempts.flatMap(({ number, coreClaimHash }) =>
				coreClaimHash === null ? [] : [`${number} ${coreClaimHash}`],
			) ?? [];
		expect(hashes(after)).toEqual(expect.arrayContaining(hashes(before)));
		if (after === undefined || after.state === 'sending') return;
		expect(after.coreClaimHash !== null).toBe(hashes(after).length > 0);
	});
});

test('a lease is there exactly while an attempt is under way, and attempts are counted', () => {
	always(({ after }) => {
		if (after === undefined) return;
		expect(after.leaseUntil !== null).toBe(after.state === 'sending');
		expect(after.attempts.map(({ number }) => number)).toEqual(after.attempts.map((_, i) => i + 1));
		expect(after.attempt).toBe(after.attempts.length);
	});
});
