import { z } from 'zod';
import { retryAfterInput } from './inputs';

const milliseconds = z.number().min(0);

/** Which requests a fault hits, and what may be added to any kind of fault. */
const common = {
	/**
	 * `any` is every call of a client; `jwks` and `did` are the emulator's own fetches of a partner's JWKS
	 * and of an issuer's documents.
	 */
	operation: z.enum(['issue', 'status', 'account', 'store', 'jwks', 'did', 'any']).default('any'),
	/** Only requests for this e-mail: the token names it, or it belongs to the holder of the stored credential. */
	recipient: z.string().optional(),
	/** How many requests; null for no limit. One, unless a probability is given. */
	times: z.int().positive().nullable().optional(),
	/** Hit or miss is drawn from a generator seeded with `seed`: the same run every time. */
	probability: z.number().min(0).max(1).optional(),
	seed: z.int().default(1),
	/** Waits this long before the answer, or before what happens instead of one. */
	delayMs: milliseconds.default(0),
	headers: z.record(z.string(), z.string()).default({}),
	retryAfter: retryAfterInput.optional(),
	dateSkewMs: z.number().optional(),
};

/** Whether the request is carried out (a credential is issued) although the client will not be told. */
const afterWork = z.boolean().default(false);

const bodyInput = z.discriminatedUnion('type', [
	z.strictObject({ type: z.literal('air'), message: z.string().optional() }),
	z.strictObject({
		type: z.literal('envelope'),
		code: z.int().default(50_000_000),
		msg: z.string().default('Internal error'),
	}),
	z.strictObject({ type: z.literal('html'), title: z.string().optional() }),
	z.strictObject({ type: z.literal('empty') }),
	z.strictObject({ type: z.literal('cut') }),
	z.strictObject({ type: z.literal('huge'), bytes: z.int().positive() }),
	z.strictObject({ type: z.literal('text'), text: z.string() }),
]);

export const faultInput = z.discriminatedUnion('kind', [
	z.strictObject({
		...common,
		kind: z.literal('answer'),
		afterWork,
		status: z.int().min(200).max(599).default(500),
		body: bodyInput.default({ type: 'air' }),
		contentType: z.string().optional(),
	}),
	z.strictObject({ ...common, kind: z.literal('delay') }),
	z.strictObject({ ...common, kind: z.literal('headers') }),
	z.strictObject({ ...common, kind: z.literal('stall'), stallMs: milliseconds }),
	z.strictObject({
		...common,
		kind: z.literal('reset'),
		afterWork,
		/** Sends the head and half of the body first. Needs `afterWork`. */
		midBody: z.boolean().default(false),
	}),
	z.strictObject({
		...common,
		kind: z.literal('redirect'),
		afterWork,
		status: z.union([301, 302, 303, 307, 308].map((status) => z.literal(status))).default(307),
		location: z.string(),
	}),
	z.strictObject({ ...common, kind: z.literal('hang'), afterWork }),
	z.strictObject({
		...common,
		kind: z.literal('dropField'),
		fields: z.array(z.string()).default(['coreClaimHash']),
	}),
	z.strictObject({
		...common,
		kind: z.literal('setField'),
		/** Members to add to the real answer or to change, of any type. */
		fields: z.record(z.string(), z.unknown()),
	}),
	/** The real answer, with the headers of the request in it, including the token. */
	z.strictObject({ ...common, kind: z.literal('echo') }),
	z.strictObject({
		...common,
		kind: z.literal('encode'),
		afterWork: z.boolean().default(true),
		/** In the order in which they are applied. */
		codings: z.array(z.enum(['gzip', 'deflate', 'deflate-raw', 'br', 'zstd'])).default(['gzip']),
		/** A false value for `Content-Encoding`. */
		label: z.string().optional(),
		/** Only the first half of the bytes is sent, as a whole answer. */
		cut: z.boolean().default(false),
		/** Compresses an answer of this many bytes instead of the real one. */
		bytes: z.int().positive().optional(),
		status: z.int().min(200).max(599).optional(),
	}),
]);

export type FaultInput = z.input<typeof faultInput>;
export type Fault = z.output<typeof faultInput>;

/** What a fault can hit. */
export type FaultyOperation = Exclude<Fault['operation'], 'any'>;

/** The state of a fault: how often it has hit, and how often it still will (null: no limit). */
export type ArmedFault = Fault & { hits: number; left: number | null };

interface Rule {
	readonly fault: Fault;
	readonly draw: () => number;
	hits: number;
	left: number;
}

/** The armed faults, in the order in which they were injected; the first that matches is used. */
export class Faults {
	private rules: Rule[] = [];

	inject(fault: Fault): void {
		const left =
			fault.times ?? (fault.times === null || fault.probability !== undefined ? Infinity : 1);
		this.rules.push({ fault, draw: seeded(fault.seed), hits: 0, left });
	}

	take(operation: FaultyOperation, recipient?: string): Fault | undefined {
		const rule = this.rules.find(
			({ fault, draw }) =>
				(fault.operation === operation || (fault.operation === 'any' && !isOwnFetch(operation))) &&
				(fault.recipient === undefined || fault.recipient === recipient) &&
				(fault.probability === undefined || draw() < fault.probability),
		);
		if (rule === undefined) return undefined;
		rule.hits += 1;
		rule.left -= 1;
		if (rule.left <= 0) this.rules = this.rules.filter((other) => other !== rule);
		return rule.fault;
	}

	list(): ArmedFault[] {
		return this.rules.map(({ fault, hits, left }) => ({
			...fault,
			hits,
			left: Number.isFinite(left) ? left : null,
		}));
	}

	clear(): void {
		this.rules = [];
	}
}

const isOwnFetch = (operation: FaultyOperation): boolean =>
	operation === 'jwks' || operation === 'did';

/** A linear congruential generator (the constants of Numerical Recipes): plenty for hit or miss. */
function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
