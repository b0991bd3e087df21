import { AirError } from '../../errors/AirError';
import type { Verdict } from './BadInput';

/** Throws for a broken rule. */
export function must(holds: boolean, rule: string): asserts holds {
	if (!holds) throw new Error(`rule broken: ${rule}`);
}

/** Everything in an error that somebody could see. */
export const shownBy = (error: AirError): string =>
	[error.message, error.description, error.stack, JSON.stringify(error.facts)].join('\n');

/**
 * Tries to read an input: it is taken if `read` returns a value that passes `accepted`, and refused if `read`
 * throws one of the codes, as an input error. Anything else breaks a rule.
 */
export async function taken<T>(
	read: () => T | Promise<T>,
	accepted: (value: T) => void,
	codes: RegExp,
	refused: (error: AirError) => void = () => undefined,
): Promise<Verdict> {
	let value: T;
	try {
		value = await read();
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		must(codes.test(error.code), `refused with one of ${codes.source}, not ${error.code}`);
		must(error.kind === 'input', 'a refusal of input says that nothing was sent');
		must(error.message.length < 500, 'the title stays short');
		must(!/[\p{Cc}\u2028\u2029]/u.test(error.message), 'the title has no control characters');
		refused(error);
		return 'refused';
	}
	accepted(value);
	return 'taken';
}
