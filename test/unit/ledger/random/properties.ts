import fc from 'fast-check';
import type { AttemptFailure, LedgerRow, Observation } from '../../../../ledger/Ledger';

export const LEASE_MS = 100;

/** One key of a ledger: of the model in memory, or of a real store. */
export interface Driver {
	/** The row as it is now. */
	read(): Promise<LedgerRow | undefined>;
	/** The clock by which leases run out. */
	now(): number;
	begin(repeatUnknown: boolean): Promise<string>;
	answered(number: number, hash: string): Promise<void>;
	failed(number: number, outcome: AttemptFailure['outcome']): Promise<void>;
	observed(vcStatus: string, state: Observation['state']): Promise<void>;
	/** What other rows and time do to this one. */
	became(state: 'superseded' | 'abandoned'): Promise<void>;
	wait(ms: number): void;
}

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
	| { readonly do: 'wait'; readonly leases: number };

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
	fc.record({ do: fc.constant('wait' as const), leases: fc.constantFrom(0.01, 0.5, 1) }),
);

/** Does a step. @returns what begin answered, if it was one */
async function take(driver: Driver, next: Step, leaseMs: number): Promise<string | undefined> {
	switch (next.do) {
		case 'begin':
			return await driver.begin(next.repeatUnknown);
		case 'answered':
			await driver.answered(next.attempt, `hash-${next.attempt}`);
			return undefined;
		case 'failed':
			await driver.failed(next.attempt, next.outcome);
			return undefined;
		case 'observed':
			await driver.observed(next.state, next.state);
			return undefined;
		case 'wait':
			driver.wait(next.leases * leaseMs);
			return undefined;
		case 'superseded':
		case 'abandoned':
			await driver.became(next.do);
			return undefined;
	}
}

interface Taken {
	readonly next: Step;
	readonly before: LedgerRow | undefined;
	readonly after: LedgerRow | undefined;
	readonly begun: string | undefined;
	readonly now: number;
}

const LATER: Partial<Record<LedgerRow['state'], string[]>> = {
	submitted: ['submitted', 'confirmed', 'unusable', 'superseded', 'abandoned'],
	confirmed: ['confirmed', 'unusable', 'superseded'],
	unusable: ['unusable'],
	superseded: ['superseded'],
};

const hashesOf = (row: LedgerRow | undefined) =>
	row?.attempts.flatMap(({ number, coreClaimHash }) =>
		coreClaimHash === null ? [] : [`${number} ${coreClaimHash}`],
	) ?? [];

/** What holds after any step of any sequence, by the sentence that says it. */
export const PROPERTIES: Readonly<Record<string, (taken: Taken) => void>> = {
	'nothing is started while a lease is valid': ({ before, begun, now }) => {
		if (begun !== 'started' || before === undefined) return;
		expect(before.state === 'sending' && (before.leaseUntil ?? 0) > now).toBe(false);
	},

	'unless unknown outcomes may be repeated, it is started again only after refusals': ({
		next,
		before,
		begun,
	}) => {
		if (begun !== 'started' || (next.do === 'begin' && next.repeatUnknown)) return;
		const outcomes = before?.attempts.map(({ outcome }) => outcome) ?? [];
		expect(outcomes.filter((each) => each !== 'rejected' && each !== 'not-sent')).toEqual([]);
	},

	'nothing is started after an attempt is known to be accepted': ({ before, begun }) => {
		if (begun !== 'started') return;
		expect(before?.attempts.filter(({ outcome }) => outcome === 'accepted') ?? []).toEqual([]);
	},

	'state never moves backwards': ({ before, after }) => {
		const allowed = before === undefined ? undefined : LATER[before.state];
		if (allowed !== undefined) expect(allowed).toContain(after?.state);
	},

	'a hash is never lost, and one stands as soon as nothing is under way': ({ before, after }) => {
		expect(hashesOf(after)).toEqual(expect.arrayContaining(hashesOf(before)));
		if (after === undefined || after.state === 'sending') return;
		expect(after.coreClaimHash !== null).toBe(hashesOf(after).length > 0);
	},

	'a lease is there exactly while an attempt is under way, and attempts are counted': ({
		after,
	}) => {
		if (after === undefined) return;
		expect(after.leaseUntil !== null).toBe(after.state === 'sending');
		expect(after.attempts.map(({ number }) => number)).toEqual(after.attempts.map((_, i) => i + 1));
		expect(after.attempt).toBe(after.attempts.length);
	},
};

export interface Amount {
	readonly runs: number;
	/** The most steps of a sequence. */
	readonly longest: number;
	readonly leaseMs?: number;
	/** All of them by default. */
	readonly properties?: readonly string[];
}

/** Checks properties after each step of any sequence of them, each sequence on a driver of its own. */
export async function always(
	driverFor: () => Promise<Driver>,
	{ runs, longest, leaseMs = LEASE_MS, properties = Object.keys(PROPERTIES) }: Amount,
): Promise<void> {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: longest }), async (sequence) => {
			const driver = await driverFor();
			let before = await driver.read();
			for (const next of sequence) {
				const begun = await take(driver, next, leaseMs);
				const after = await driver.read();
				const taken = { next, before, after, begun, now: driver.now() };
				for (const name of properties) PROPERTIES[name]?.(taken);
				before = after;
			}
		}),
		{ numRuns: runs },
	);
}
