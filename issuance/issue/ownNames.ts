/** What the nodes say about an item themselves, and n8n's own names for a failed one. */
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
 * Renames the members of an answer of AIR that have a name of our own: `state` becomes `airState`. So
 * nothing that AIR answers can pass for what a node says, and no `error` of AIR makes n8n take a
 * success for a failure.
 *
 * @param answer - as AIR gave it
 * @param documented - names that AIR's documents give this answer: they stay
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
