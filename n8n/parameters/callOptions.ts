import type {
	IExecuteFunctions,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';
import { z } from 'zod';
import { DEFAULT_REQUEST_TIMEOUT_MS } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { DEFAULT_LIFETIME_SECONDS } from '../../air/tokens/partnerJwt';
import { DEFAULT_REMEMBER_HOURS } from '../../issuance/issue/idempotency';
import { isStorable } from '../../issuance/inputs/isStorable';
import { parameter, type Parameter } from './parameter';
import { DEFAULT_WAIT_SECONDS, LONGEST_WAIT_SECONDS } from '../../issuance/status/waitUntilOnChain';

const defaultTimeoutSeconds = DEFAULT_REQUEST_TIMEOUT_MS / 1000;
const defaultLifetimeMinutes = DEFAULT_LIFETIME_SECONDS / 60;

type Option = INodePropertyOptions | INodeProperties | INodePropertyCollection;

export const DEFAULT_CONCURRENCY = 10;

/** Options that every node calling AIR shares: the same names, so that they mean the same. */
export const requestTimeout: Option = {
	displayName: 'Request Timeout',
	name: 'requestTimeout',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 300 },
	default: defaultTimeoutSeconds,
	description: 'How many seconds AIR may take to answer one request',
};

export const tokenLifetime: Option = {
	displayName: 'Token Lifetime',
	name: 'jwtLifetime',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 15 },
	default: defaultLifetimeMinutes,
	description:
		'How many minutes the Partner JWT lives, 1 to 15. Overrides the lifetime in the credential.',
};

export const waitTimeout: Option = {
	displayName: 'Wait Timeout',
	name: 'waitTimeout',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: LONGEST_WAIT_SECONDS },
	default: DEFAULT_WAIT_SECONDS,
	description:
		'How many seconds to wait for the confirmation, at most 900. When time runs out the item goes on with onChain: false.',
};

export const waitUntilOnChain: Option = {
	displayName: 'Wait Until On-Chain',
	name: 'waitUntilOnChain',
	type: 'boolean',
	// Adding it is asking for it.
	default: true,
	description:
		'Whether to ask AIR until the issuance is confirmed on-chain, which usually takes seconds',
};

export const issuerDid: Option = {
	displayName: 'Issuer DID',
	name: 'issuerDid',
	type: 'string',
	default: '',
	placeholder: 'e.g. did:air:…',
	description: 'Overrides the issuer DID of the credential',
};

export const concurrency: Option = {
	displayName: 'Concurrency',
	name: 'concurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 100 },
	default: DEFAULT_CONCURRENCY,
	description: 'How many items are worked on at once, 1 to 100',
};

export const requestsPerSecond: Option = {
	displayName: 'Requests per Second',
	name: 'requestsPerSecond',
	type: 'number',
	typeOptions: { minValue: 0, maxValue: 1000, numberPrecision: 2 },
	default: 0,
	description:
		'How many requests AIR gets per second at most, from everything that runs in this n8n process. 0 for no limit. AIR’s own limits are kept in any case.',
};

const callOptionsSchema = z.looseObject({
	requestTimeout: z.coerce.number().min(1).max(300).optional(),
	jwtLifetime: z.coerce.number().min(1).max(15).optional(),
	waitTimeout: z.coerce.number().min(1).max(LONGEST_WAIT_SECONDS).default(DEFAULT_WAIT_SECONDS),
	waitUntilOnChain: z.boolean().default(false),
	issuerDid: z.string().optional(),
	sendAgainWhenUnknown: z.boolean().default(false),
	sameRecipient: z.boolean().default(false),
	includeInput: z.boolean().default(false),
	ignoreWhenComparing: z.string().default(''),
	reference: z.union([z.string().refine(isStorable), z.number()]).optional(),
	rememberHours: z.coerce.number().min(1).max(8760).default(DEFAULT_REMEMBER_HOURS),
	concurrency: z.coerce.number().int().min(1).max(100).default(DEFAULT_CONCURRENCY),
	requestsPerSecond: z.coerce
		.number()
		.refine((value) => value === 0 || (value >= 0.1 && value <= 1000))
		.default(0),
});

const LABELS: Readonly<Record<string, string>> = {
	requestTimeout: 'Request Timeout must be 1 to 300 seconds',
	jwtLifetime: 'Token Lifetime must be 1 to 15 minutes',
	waitTimeout: 'Wait Timeout must be 1 to 900 seconds',
	waitUntilOnChain: 'Wait Until On-Chain must be true or false',
	issuerDid: 'Issuer DID must be text',
	sendAgainWhenUnknown: 'Send Again When Outcome Is Unknown must be true or false',
	sameRecipient: 'Same Recipient for All Items must be true or false',
	includeInput: 'Include Input Fields must be true or false',
	ignoreWhenComparing: 'Ignore When Comparing must be text',
	reference: 'Reference must be text without broken characters',
	rememberHours: 'Remember For must be 1 to 8760 hours',
	concurrency: 'Concurrency must be a whole number from 1 to 100',
	requestsPerSecond: 'Requests per Second must be 0 for no limit, or 0.1 to 1000',
};

/** The options of a node, read. Times in milliseconds, as `issuance/` takes them. */
export interface CallOptionValues {
	readonly timeoutMs: number | undefined;
	readonly lifetimeMinutes: number | undefined;
	/** Undefined when the node is not to wait. */
	readonly waitMs: number | undefined;
	readonly issuerDid: string | undefined;
	readonly sendAgainWhenUnknown: boolean;
	/** Whether several items may go to one typed address. */
	readonly sameRecipient: boolean;
	/** Whether the fields of the input are in the output, too. */
	readonly includeInput: boolean;
	/** Names of attributes. */
	readonly ignoreWhenComparing: readonly string[];
	readonly reference: string | undefined;
	readonly rememberHours: number;
	readonly concurrency: number;
	/** Undefined for no limit. */
	readonly requestsPerSecond: number | undefined;
}

/** @throws AirError `AIR_SETTING_INVALID`, naming the option as the panel does */
export function readCallOptions(value: unknown): CallOptionValues {
	const parsed = callOptionsSchema.safeParse(value);
	if (!parsed.success) {
		const name = String(parsed.error.issues[0]?.path[0] ?? '');
		throw new AirError('AIR_SETTING_INVALID', { detail: LABELS[name] ?? 'Options' });
	}
	const options = parsed.data;
	return {
		timeoutMs: options.requestTimeout === undefined ? undefined : options.requestTimeout * 1000,
		lifetimeMinutes: options.jwtLifetime,
		waitMs: options.waitUntilOnChain ? options.waitTimeout * 1000 : undefined,
		issuerDid: options.issuerDid,
		sendAgainWhenUnknown: options.sendAgainWhenUnknown,
		sameRecipient: options.sameRecipient,
		includeInput: options.includeInput,
		ignoreWhenComparing: options.ignoreWhenComparing
			.split(',')
			.map((name) => name.trim())
			.filter((name) => name !== ''),
		reference:
			options.reference === undefined
				? undefined
				: String(options.reference).slice(0, 500).toWellFormed(),
		rememberHours: options.rememberHours,
		concurrency: options.concurrency,
		requestsPerSecond: options.requestsPerSecond === 0 ? undefined : options.requestsPerSecond,
	};
}

/**
 * Makes a reader of the options of a node, everyday and expert ones together.
 *
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function callOptions(context: IExecuteFunctions): Parameter<CallOptionValues> {
	const everyday = parameter(context, 'options', asObject, { fallback: {} });
	const expert = parameter(context, 'expert', asObject, { fallback: {} });
	let last:
		{ readonly from: readonly [object, object]; readonly read: CallOptionValues } | undefined;
	return (itemIndex) => {
		const [one, two] = [everyday(itemIndex), expert(itemIndex)];
		// What holds no expression is the same object for each item.
		if (last?.from[0] === one && last.from[1] === two) return last.read;
		last = { from: [one, two], read: readCallOptions({ ...one, ...two }) };
		return last.read;
	};
}

function asObject(value: unknown): object {
	if (typeof value === 'object' && value !== null) return value;
	throw new AirError('AIR_SETTING_INVALID', { detail: 'Options' });
}

/**
 * How many items of a run may be under way at once: the first item decides.
 *
 * @param optionsOf - reads the options of an item
 */
export function concurrencyOf(
	context: IExecuteFunctions,
	optionsOf: (itemIndex: number) => CallOptionValues,
): number {
	if (context.getInputData().length < 2) return 1;
	try {
		return optionsOf(0).concurrency;
	} catch {
		// The item itself will fail for it, and with the words that it needs.
		return DEFAULT_CONCURRENCY;
	}
}
