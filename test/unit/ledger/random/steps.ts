import fc from 'fast-check';
import type { EventType, IfHeld } from '../../../../ledger/Ledger';

/** One thing that somebody asks of a ledger. Numbers name things of a kind: key 2, person 0, hash 3. */
export type Step =
	| {
			readonly do: 'begin';
			readonly key: number;
			readonly person: number;
			readonly subject: number;
			readonly signer: number;
			readonly repeatUnknown: boolean;
			readonly replaces: boolean;
			readonly remember: boolean;
	  }
	| {
			readonly do: 'direct';
			readonly key: number;
			readonly person: number;
			readonly ifHeld: IfHeld;
			/** Whether what was sealed before is sent again, if there is any. */
			readonly sameBytes: boolean;
			readonly expiresInMs: number;
	  }
	| {
			readonly do: 'answered';
			/** Which of the attempts that were started; wraps around. */
			readonly attempt: number;
			readonly hash: number;
			readonly supersedes: boolean;
			readonly nextCheckMs: number;
	  }
	| {
			readonly do: 'failed';
			readonly attempt: number;
			readonly outcome: 'rejected' | 'not-sent' | 'unknown';
	  }
	| {
			readonly do: 'observed';
			readonly hash: number;
			readonly state: 'pending' | 'unknown' | 'confirmed' | 'unusable';
			readonly vcId: string | null;
			readonly nextCheckMs: number;
			readonly person: number | null;
	  }
	| { readonly do: 'missing'; readonly hash: number; readonly condemnAfterMs: number }
	| { readonly do: 'hold'; readonly hash: number }
	| { readonly do: 'claim'; readonly limit: number; readonly watched: boolean }
	| { readonly do: 'release' | 'postpone' }
	| { readonly do: 'watch'; readonly pairs: readonly (readonly [number, number])[] }
	| {
			readonly do: 'delayed';
			readonly minutes: number;
			readonly start: 'now' | 'beginning';
			readonly limit: number;
	  }
	| { readonly do: 'prune'; readonly days: number; readonly limit: number }
	| { readonly do: 'forget'; readonly person: number }
	| { readonly do: 'accept'; readonly signer: number }
	| { readonly do: 'open'; readonly trigger: number; readonly start: 'now' | 'beginning' }
	| {
			readonly do: 'move';
			readonly trigger: number;
			readonly event: number;
			readonly told: boolean;
	  }
	| { readonly do: 'feed'; readonly trigger: number; readonly limit: number }
	| { readonly do: 'newest'; readonly type: EventType }
	| { readonly do: 'find'; readonly key: number; readonly hash: number }
	| { readonly do: 'list'; readonly unanswered: boolean; readonly person: number | null }
	| { readonly do: 'restart' }
	| { readonly do: 'wait'; readonly ms: number };

export const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const few = (count: number) => fc.nat({ max: count - 1 });
const is = <const T extends string>(name: T) => fc.constant(name);
const nextCheckMs = fc.constantFrom(0, 20 * MINUTE, DAY);
const limit = fc.constantFrom(1, 2, 100);

const begin = fc.record({
	do: is('begin'),
	key: few(4),
	person: few(2),
	subject: few(2),
	signer: fc.constantFrom(0, 0, 0, 1),
	repeatUnknown: fc.boolean(),
	replaces: fc.boolean(),
	remember: fc.boolean(),
});
const direct = fc.record({
	do: is('direct'),
	key: few(4),
	person: few(2),
	ifHeld: fc.constantFrom('keep' as const, 'reissue' as const, 'another' as const),
	sameBytes: fc.boolean(),
	expiresInMs: fc.constantFrom(60 * MINUTE, 30 * DAY),
});
const answered = fc.record({
	do: is('answered'),
	attempt: few(6),
	hash: few(4),
	supersedes: fc.boolean(),
	nextCheckMs,
});
const failed = fc.record({
	do: is('failed'),
	attempt: few(6),
	outcome: fc.constantFrom('rejected' as const, 'not-sent' as const, 'unknown' as const),
});
const observed = fc.record({
	do: is('observed'),
	hash: few(4),
	state: fc.constantFrom('pending', 'unknown', 'confirmed', 'unusable'),
	vcId: fc.constantFrom(null, 'vc-0', 'vc-1'),
	nextCheckMs,
	person: fc.constantFrom(null, null, 0, 1),
});

/** What an issuing node does, and what becomes of it. */
const issuing: readonly fc.Arbitrary<Step>[] = [begin, direct, answered, failed, observed];

/** Everything else that is asked of a ledger. */
const rest: readonly fc.Arbitrary<Step>[] = [
	fc.record({
		do: is('missing'),
		hash: few(4),
		condemnAfterMs: fc.constantFrom(0, DAY),
	}),
	fc.record({ do: is('hold'), hash: few(4) }),
	fc.record({ do: is('claim'), limit, watched: fc.boolean() }),
	fc.record({ do: fc.constantFrom('release' as const, 'postpone' as const) }),
	fc.record({
		do: is('watch'),
		pairs: fc.array(fc.tuple(few(4), few(2)), { minLength: 1, maxLength: 3 }),
	}),
	fc.record({
		do: is('delayed'),
		minutes: fc.constantFrom(5, 60),
		start: fc.constantFrom('now' as const, 'beginning' as const),
		limit,
	}),
	fc.record({ do: is('prune'), days: fc.constantFrom(1, 90), limit }),
	fc.record({ do: is('forget'), person: few(2) }),
	fc.record({ do: is('accept'), signer: few(2) }),
	fc.record({
		do: is('open'),
		trigger: few(2),
		start: fc.constantFrom('now' as const, 'beginning' as const),
	}),
	fc.record({ do: is('move'), trigger: few(2), event: few(12), told: fc.boolean() }),
	fc.record({ do: is('feed'), trigger: few(2), limit }),
	fc.record({
		do: is('newest'),
		type: fc.constantFrom('confirmed' as const, 'unusable' as const, 'superseded' as const),
	}),
	fc.record({ do: is('find'), key: few(4), hash: few(4) }),
	fc.record({ do: is('list'), unanswered: fc.boolean(), person: fc.constantFrom(null, 0, 1) }),
	fc.record({ do: is('restart') }),
];

const wait: fc.Arbitrary<Step> = fc.record({
	do: is('wait'),
	ms: fc.constantFrom(MINUTE, 10 * MINUTE, DAY, 100 * DAY),
});

/** Any number of things that are asked, one after another. */
export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
	fc.array(
		fc.oneof(
			{ weight: 12, arbitrary: fc.oneof(...issuing) },
			{ weight: 7, arbitrary: fc.oneof(...rest) },
			{ weight: 3, arbitrary: wait },
		),
		{ maxLength, size: 'max' },
	);
