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
import {
	labelsOf,
	numberFrom,
	plainText,
	settingInvalid,
	trueOrFalse,
	wholeNumberFrom,
} from './settingInvalid';

const defaultTimeoutSeconds = DEFAULT_REQUEST_TIMEOUT_MS / 1000;
const defaultLifetimeMinutes = DEFAULT_LIFETIME_SECONDS / 60;

type Option = INodePropertyOptions | INodeProperties | INodePropertyCollection;

/** Options shared by all nodes that call AIR: the same names with the same meaning. */
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
	// Adding the option switches it on.
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
	displayName: 'Fixed Concurrency',
	name: 'concurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 100 },
	default: 10,
	description:
		'How many items are worked on at once, 1 to 100. Without this option the node finds out by itself how many AIR takes, and keeps to that.',
};

export const requestsPerSecond: Option = {
	displayName: 'Requests per Second',
	name: 'requestsPerSecond',
	type: 'number',
	typeOptions: { minValue: 0, maxValue: 1000, numberPrecision: 2 },
	default: 0,
	description:
		'The most requests per second to AIR, from everything that runs in this n8n process. 0 for no limit. AIR’s own limits are respected in any case.',
};

const REFERENCE = 'must be text without broken characters';
const RATE = 'must be 0 for no limit, or 0.1 to 1000';

const callOptionsSchema = z.looseObject(
	{
		requestTimeout: numberFrom(1, 300, 'seconds').optional(),
		jwtLifetime: numberFrom(1, 15, 'minutes').optional(),
		waitTimeout: numberFrom(1, LONGEST_WAIT_SECONDS, 'seconds').default(DEFAULT_WAIT_SECONDS),
		waitUntilOnChain: trueOrFalse().default(false),
		issuerDid: plainText().optional(),
		sendAgainWhenUnknown: trueOrFalse().default(false),
		sameRecipient: trueOrFalse().default(false),
		includeInput: trueOrFalse().default(false),
		ignoreWhenComparing: plainText().default(''),
		reference: z
			.union([z.string(), z.number()], REFERENCE)
			.refine((given) => typeof given === 'number' || isStorable(given), REFERENCE)
			.optional(),
		rememberHours: numberFrom(1, 8760, 'hours').default(DEFAULT_REMEMBER_HOURS),
		concurrency: wholeNumberFrom(1, 100).optional(),
		requestsPerSecond: z.coerce
			.number(RATE)
			.refine((value) => value === 0 || (value >= 0.1 && value <= 1000), RATE)
			.default(0),
	},
	'are not as expected',
);

/** The parsed options of a node. Times are in milliseconds, as in `issuance/`. */
export interface CallOptionValues {
	readonly timeoutMs: number | undefined;
	readonly lifetimeMinutes: number | undefined;
	/** Undefined if the node does not wait. */
	readonly waitMs: number | undefined;
	readonly issuerDid: string | undefined;
	readonly sendAgainWhenUnknown: boolean;
	/** Whether several items may use one typed address. */
	readonly sameRecipient: boolean;
	/** Whether the output includes the fields of the input. */
	readonly includeInput: boolean;
	/** Names of attributes. */
	readonly ignoreWhenComparing: readonly string[];
	readonly reference: string | undefined;
	readonly rememberHours: number;
	/** Undefined: as many as AIR takes. */
	readonly concurrency: number | undefined;
	/** Undefined for no limit. */
	readonly requestsPerSecond: number | undefined;
}

/**
 * Makes the reader of a node's Options.
 *
 * @param properties - the node's, for the labels in errors
 * @returns a reader that throws AirError `AIR_SETTING_INVALID`, naming the option as the panel does
 */
export function callOptionsReader(
	properties: readonly INodeProperties[],
): (value: unknown) => CallOptionValues {
	const labels = labelsOf(properties);
	return (value) => {
		const parsed = callOptionsSchema.safeParse(value);
		if (!parsed.success) throw settingInvalid(labels, parsed.error, 'options');
		return valuesOf(parsed.data);
	};
}

/** Blanks around it do not count, as in the filters by which it is found. */
function referenceOf(given: string | number | undefined): string | undefined {
	const text = String(given ?? '')
		.trim()
		.slice(0, 500)
		.trimEnd()
		.toWellFormed();
	return text === '' ? undefined : text;
}

function valuesOf(options: z.infer<typeof callOptionsSchema>): CallOptionValues {
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
		reference: referenceOf(options.reference),
		rememberHours: options.rememberHours,
		concurrency: options.concurrency,
		requestsPerSecond: options.requestsPerSecond === 0 ? undefined : options.requestsPerSecond,
	};
}

/**
 * Makes a reader of all options of an item, common and expert ones together; create it once per run.
 *
 * @param read - from {@link callOptionsReader}
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function optionsOfItems(
	context: IExecuteFunctions,
	read: (value: unknown) => CallOptionValues,
): Parameter<CallOptionValues> {
	const group = (name: string) => parameter(context, name, asObject, { fallback: {} });
	const [everyday, expert] = [group('options'), group('expert')];
	let last: { readonly from: readonly object[]; readonly read: CallOptionValues } | undefined;
	return (itemIndex) => {
		const from = [everyday(itemIndex), expert(itemIndex)] as const;
		// Without expressions, it is the same object for each item.
		if (last?.from[0] !== from[0] || last.from[1] !== from[1]) {
			last = { from, read: read({ ...from[0], ...from[1] }) };
		}
		return last.read;
	};
}

function asObject(value: unknown): object {
	if (typeof value === 'object' && value !== null) return value;
	throw new AirError('AIR_SETTING_INVALID', { detail: 'Options are not as expected' });
}

/**
 * How many items of a run may be in progress at once: the first item decides.
 *
 * @param optionsOf - reads the options of an item
 * @returns undefined: as many as AIR takes
 */
export function concurrencyOf(
	optionsOf: (itemIndex: number) => CallOptionValues,
): number | undefined {
	try {
		return optionsOf(0).concurrency;
	} catch {
		// The item itself will fail because of it, with the right message.
		return undefined;
	}
}
