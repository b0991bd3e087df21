/** The nodes' own field names, and n8n's names for a failed item. */
const OWN_NAMES: ReadonlySet<string> = new Set([
	'outcome',
	'sameClaims',
	'recorded',
	'replayed',
	'email',
	'issuerDid',
	'submittedAt',
	'state',
	'onChain',
	'unbound',
	'issuanceDateIso',
	'expirationDateIso',
	'waitedMs',
	'waitStopped',
	'error',
	'message',
	'details',
]);

function renamed(name: string, beside: object): string {
	const prefixed = `air${name.charAt(0).toUpperCase()}${name.slice(1)}`;
	return Object.hasOwn(beside, prefixed) ? renamed(prefixed, beside) : prefixed;
}

/**
 * Renames members of AIR's answer that collide with our own names: `state` becomes `airState`. So
 * nothing from AIR looks like a statement of the node, and an `error` from AIR cannot turn a success
 * into a failure in n8n.
 *
 * @param answer - as AIR gave it
 * @param documented - names that AIR documents for this answer; they are kept
 * @example
 * ```ts
 * withoutOwnNames({ coreClaimHash: 'a', outcome: 'x' }, []); // { coreClaimHash: 'a', airOutcome: 'x' }
 * ```
 */
export function withoutOwnNames<Answer extends object>(
	answer: Answer,
	documented: readonly string[] = [],
): Answer {
	const given = { ...answer };
	for (const [name, value] of Object.entries(answer)) {
		if (!OWN_NAMES.has(name) || documented.includes(name)) continue;
		Reflect.deleteProperty(given, name);
		Reflect.set(given, renamed(name, given), value);
	}
	return given;
}
