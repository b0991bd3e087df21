import { createContext, Script } from 'node:vm';
import { refuseSchema } from './document';
import { redact } from '../../../errors/redact';

/** No pattern that a person can read takes a millisecond for a value that a credential can hold. */
const LONGEST_MS = 100;
/** On a busy machine the whole process may stand still for that long: that is tried again, so often. */
const TRIES = 5;
/** This much of the processor's time shows that it was the pattern. */
const PROOF_MS = 2 * LONGEST_MS;

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
	let micros = 0;
	const isTooSlow = () => micros >= PROOF_MS * 1000;
	return {
		test: (text) => {
			shared.text = text;
			for (let i = 0; i < TRIES && !isTooSlow(); i++) {
				const before = process.cpuUsage();
				try {
					return script.runInContext(context, { timeout: LONGEST_MS }) === true;
				} catch (error) {
					if (!isTimeout(error)) throw error;
					micros += process.cpuUsage(before).user;
				}
			}
			throw refuseSchema(
				`the pattern ${redact(pattern, 100)} takes too long for a value; a repeat within a repeat, such as (a+)+, can take forever`,
			);
		},
	};
}

const isTimeout = (error: unknown) =>
	typeof error === 'object' &&
	error !== null &&
	'code' in error &&
	error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
