/** The names that the panel offers under Options; all others are under Expert Options. */
const EVERYDAY = ['includeInput', 'reference', 'sameRecipient', 'waitTimeout', 'waitUntilOnChain'];

type Options = Record<string, unknown>;

/** Options of Issue on Behalf and Get Issuance Status, each in the group in which the panel has it. */
export function grouped<Given extends object>(given: Given): { options: Given; expert: Given } {
	const of = (everyday: boolean) =>
		Object.fromEntries(
			Object.entries(given as Options).filter(([name]) => EVERYDAY.includes(name) === everyday),
		) as Given;
	return { options: of(true), expert: of(false) };
}
