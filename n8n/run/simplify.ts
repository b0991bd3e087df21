type Fields = Readonly<Record<string, unknown>>;

/** What people look for first, in this order; all else comes behind it. */
const FIRST = ['email', 'outcome', 'onChain', 'state'];

/** Of an answer of AIR, simplified: what a workflow or a report needs. In this order. */
const SIMPLE = [
	...FIRST,
	...['reason', 'message', 'code', 'sameClaims', 'recorded'],
	...['vcId', 'credentialId', 'reference', 'submittedAt', 'issuanceDateIso', 'expirationDateIso'],
	...['waitStopped', 'coreClaimHash'],
];

/** Names that n8n reads on an item: with one of them, it would take a success for a failure. */
const N8NS = ['error'];

/** How a node gives out what it knows of an item. */
export interface OutputSettings {
	readonly simplify: boolean;
	/** The fields of the incoming item, to put behind; undefined to leave them out. */
	readonly input?: Fields | undefined;
}

/**
 * Puts the fields of an output item into the order in which people read, with those of the input
 * behind them. A field of the input that has the name of one of the output is left out, and so is one
 * named `error`.
 *
 * @example
 * ```ts
 * inOrder({ coreClaimHash: 'a', email: 'ada@example.com' }, { simplify: true, input: { row: 2 } });
 * // { email: 'ada@example.com', coreClaimHash: 'a', row: 2 }
 * ```
 */
export function inOrder(fields: object, { simplify, input = {} }: OutputSettings): Fields {
	const given: Fields = { ...fields };
	const first = simplify ? SIMPLE : FIRST;
	const output = Object.fromEntries([
		...first.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
		...(simplify ? [] : Object.entries(given).filter(([name]) => !FIRST.includes(name))),
	]) as Fields;
	const others = Object.entries(input).filter(
		([name]) => !Object.hasOwn(output, name) && !N8NS.includes(name),
	);
	return { ...output, ...Object.fromEntries(others) };
}
