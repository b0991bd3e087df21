import type { IExecuteFunctions } from 'n8n-workflow';
import type { CallOptionValues } from '../parameters/callOptions';
import { parameter, type Parameter } from '../parameters/parameter';
import { failureFieldsOf } from '../errors/nodeError';
import type { ItemsSettings } from './forEachItem';

type Fields = Readonly<Record<string, unknown>>;

/** What people look for first, in this order; everything else follows. */
const FIRST = ['email', 'outcome', 'onChain', 'state'];

/** The simplified form of AIR's answer: what a workflow or a report needs, in this order. */
const SIMPLE = [
	...FIRST,
	...['reason', 'message', 'code', 'sameClaims', 'recorded'],
	...[
		'vcId',
		'vcStatus',
		'credentialId',
		'sameAsRow',
		'submittedAt',
		'issuanceDateIso',
		'expirationDateIso',
	],
	...['vct', 'expiresAt', 'unbound', 'externalId', 'storagePath', 'revocationNumber', 'holderDid'],
	...['waitStopped', 'waitedMs', 'coreClaimHash'],
];

/** Names that have a meaning for n8n: with one of them, a success would count as a failure. */
const N8NS = ['error'];

/**
 * Puts the fields of an output item into the order in which people read.
 *
 * @param simplify - whether to keep only those that a workflow or a report needs
 * @example
 * ```ts
 * inOrder({ coreClaimHash: 'a', email: 'ada@example.com' }, true); // { email: …, coreClaimHash: … }
 * ```
 */
export function inOrder(fields: object, simplify: boolean): Fields {
	const given: Fields = { ...fields };
	const first = simplify ? SIMPLE : FIRST;
	const rest = simplify ? [] : Object.keys(given).filter((name) => !FIRST.includes(name));
	const names = [...first.filter((name) => given[name] !== undefined), ...rest];
	return Object.fromEntries(names.map((name) => [name, given[name]]));
}

/**
 * Shapes the output items of a run: simplified or complete, with or without the fields of the input
 * after them. A field of the input is left out if an output field has its name, if it is named `error`,
 * or if it belongs to an earlier failure.
 */
export function outputOf(
	context: IExecuteFunctions,
	optionsOf: Parameter<CallOptionValues>,
): Required<Pick<ItemsSettings, 'shape' | 'behind'>> {
	const simplify = parameter(context, 'simplify', (value) => value !== false, { fallback: true });
	const items = context.getInputData();
	const wantsInput = (itemIndex: number) => {
		try {
			return optionsOf(itemIndex).includeInput;
		} catch {
			// The item itself fails because of an unreadable option.
			return false;
		}
	};
	const behind = (output: object, itemIndex: number) => {
		if (!wantsInput(itemIndex)) return {};
		const input = items[itemIndex]?.json ?? {};
		// A failed item that is tried again: its failure is not that of this output.
		const left = [...N8NS, ...failureFieldsOf(input)];
		const others = Object.entries(input).filter(
			([name]) => !Object.hasOwn(output, name) && !left.includes(name),
		);
		return Object.fromEntries(others);
	};
	return { shape: (answer, itemIndex) => inOrder(answer, simplify(itemIndex)), behind };
}
