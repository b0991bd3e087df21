import type { IExecuteFunctions } from 'n8n-workflow';
import type { CallOptionValues } from '../parameters/callOptions';
import { parameter, type Parameter } from '../parameters/parameter';
import type { ItemsSettings } from './forEachItem';

type Fields = Readonly<Record<string, unknown>>;

/** What people look for first, in this order; all else comes behind it. */
const FIRST = ['email', 'outcome', 'onChain', 'state'];

/** Of an answer of AIR, simplified: what a workflow or a report needs. In this order. */
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

/** Names that n8n reads on an item: with one of them, it would take a success for a failure. */
const N8NS = ['error'];

/**
 * Puts the fields of an output item into the order in which people read.
 *
 * @param simplify - whether only those go out that a workflow or a report needs
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
 * How the items of a run leave the node: simplified or whole, and with the fields of the input behind
 * them or without. A field of the input that has the name of one of the output is left out, and so is
 * one named `error`.
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
			// An option that cannot be read is what the item fails for.
			return false;
		}
	};
	const behind = (output: object, itemIndex: number) => {
		if (!wantsInput(itemIndex)) return {};
		const others = Object.entries(items[itemIndex]?.json ?? {}).filter(
			([name]) => !Object.hasOwn(output, name) && !N8NS.includes(name),
		);
		return Object.fromEntries(others);
	};
	return { shape: (answer, itemIndex) => inOrder(answer, simplify(itemIndex)), behind };
}
