import { createContext, Script } from 'node:vm';
import { refuseSchema } from './document';
import { redact } from '../../../errors/redact';

/** A reasonable pattern takes less than a millisecond for any value in a credential. */
const LONGEST_MS = 100;
/** A busy machine may stall the whole process for that long, so a timeout is tried again this often. */
const TRIES = 5;
/** This much processor time shows that the pattern itself is slow. */
const PROOF_MS = 2 * LONGEST_MS;

/** A script in a vm can be stopped; a bare regular expression cannot. */
const script = new Script('pattern.test(text)');

/**
 * Makes the regular expressions of a schema stoppable, in case one takes exponential time: values come
 * from outside, and n8n runs many workflows in one process.
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
