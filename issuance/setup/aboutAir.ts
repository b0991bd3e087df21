import { AirError } from '../../errors/AirError';
import { readBody, type AirBody, type HttpAnswer } from '../../air/answers/answer';
import { answerError } from '../../air/answers/answerError';
import { fail, pass, warn, type Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

const MOST_SKEW_MS = 30_000;
const MINUTE_MS = 60_000;

function roughly(ms: number): string {
	if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 1000)} seconds`;
	const minutes = ms / MINUTE_MS;
	return minutes < 120 ? `${Math.round(minutes)} minutes` : `${Math.round(minutes / 60)} hours`;
}

export function clock({ clock: reading }: SetupFacts): Verdict | undefined {
	if (reading === undefined) return undefined;
	const { aheadMs, uncertaintyMs } = reading;
	const off = Math.abs(aheadMs);
	if (off - uncertaintyMs <= MOST_SKEW_MS) return pass('The clock agrees with AIR’s');
	const detail = `${roughly(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} AIR’s`;
	return fail(new AirError('AIR_CLOCK_SKEW', { detail }));
}

export function accepts({ air }: SetupFacts): Verdict | undefined {
	if (air === undefined) return undefined;
	return air.error === undefined ? pass('AIR accepts the Partner JWT') : fail(air.error);
}

/** The documented answer to an empty issuance, or one that names a field. */
const NAMES_A_FIELD = /missing required field|issuerDid|credentialId|credentialSubject/i;

function isFieldMissing({ status }: HttpAnswer, { shape, message = '' }: AirBody): boolean {
	return status === 400 && shape === 'air' && NAMES_A_FIELD.test(message);
}

/** Never a pass if this was not checked: most partners get stuck here. */
function notChecked({ settings, air, issuerDid, direct }: SetupFacts): Verdict | undefined {
	if (settings === undefined) return undefined;
	// Those who only issue directly do not need it.
	if (direct !== undefined && issuerDid?.trim() === '') return undefined;
	const detail = air?.value === true ? undefined : 'AIR has to accept the Partner JWT first';
	return warn(new AirError('AIR_FEATURE_NOT_CHECKED', { detail }));
}

export function featureEnabled(facts: SetupFacts): Verdict | undefined {
	const { feature } = facts;
	if (feature === undefined) return notChecked(facts);
	const { value: answer, error } = feature;
	if (answer === undefined) {
		return error.code === 'AIR_ADDRESS_INVALID'
			? fail(error)
			: warn(new AirError('AIR_FEATURE_UNKNOWN', { detail: error.message }));
	}
	const body = readBody(answer.text);
	if (isFieldMissing(answer, body)) return pass('Issue on Behalf is enabled');
	const refusal = answerError(answer, body, { operation: 'issue', now: Date.now() });
	if (refusal.code === 'AIR_FORBIDDEN_FEATURE') return fail(refusal);
	// The request issues nothing, so no outcome can be unknown.
	const reason = refusal.with({ kind: 'refused' }).message;
	const detail = answer.status < 300 ? `AIR answers ${answer.status} to an empty request` : reason;
	const { airMessage, notAirs } = refusal.facts;
	return warn(new AirError('AIR_FEATURE_UNKNOWN', { detail, airMessage, notAirs }));
}
