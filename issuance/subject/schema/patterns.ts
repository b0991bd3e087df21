import { createContext, Script } from 'node:vm';
import { refuseSchema } from './document';
import { redact } from '../../../errors/redact';

/** No pattern that a person can read takes a millisecond for a value that a credential can hold. */
const LONGEST_MS = 100;

/** Each run of a script can be stopped; a regular expression by itself cannot. */
const script = new Script('pattern.test(text)');

/**
 * Makes the regular expressions of a schema such that one that takes exponential time is stopped: a
 * value comes from outside, and n8n runs many workflows in one process.
 *
 * @throws AirError `AIR_SCHEMA_INVALID` when the pattern is broken; the `test` it gives throws the same
 *   once the pattern has taken too long
 */
export function guardedPattern(
	pattern: string,
	flags: string,
): { test: (text: string) => boolean } {
	const shared = { pattern: new RegExp(pattern, flags), text: '' };
	const context = createContext(shared);
	let tooSlow = false;
	return {
		test: (text) => {
			if (!tooSlow) {
				shared.text = text;
				try {
					return script.runInContext(context, { timeout: LONGEST_MS }) === true;
				} catch (error) {
					if (!isTimeout(error)) throw error;
					tooSlow = true;
				}
			}
			throw refuseSchema(
				`the pattern ${redact(pattern, 100)} takes too long for a value; a repeat within a repeat, such as (a+)+, can take for ever`,
			);
		},
	};
}

const isTimeout = (error: unknown) =>
	typeof error === 'object' &&
	error !== null &&
	'code' in error &&
	error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
