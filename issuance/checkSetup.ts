import { AirClient } from '../air/AirClient';
import { AirError } from '../air/AirError';
import type { AirErrorCode } from '../air/errorCatalogue';
import { privateMembers } from '../air/jwkMembers';
import { fetchJwks, type PublishedKey } from '../air/jwks';
import { NO_REPEAT } from '../air/repeat';
import { readSettings, type AirSettings } from './settings';

const TIMEOUT_MS = 10_000;
/** Reserved by RFC 2606: no account can be created for it, and nothing is issued. */
const NOBODY = 'setup-check@example.invalid';
/** No issuance has it, so a good set-up is answered with AIR's own "no such hash". */
const UNKNOWN_HASH = '0'.repeat(64);

export type FindingStatus = 'pass' | 'warn' | 'fail';

/** What one check found, in words that say what to do. */
export interface Finding {
	readonly check: 'settings' | 'jwks' | 'air';
	readonly status: FindingStatus;
	readonly detail: string;
	/** Empty when there is nothing to mend. */
	readonly fix: string;
}

const failure = (check: Finding['check'], error: AirError): Finding => ({
	check,
	status: 'fail',
	detail: error.message,
	fix: error.description,
});

function keyFinding(
	{ identity }: AirSettings,
	keys: readonly PublishedKey[],
): AirError | undefined {
	if (keys.some((key) => privateMembers(key).length > 0)) return new AirError('AIR_JWKS_LEAKS');
	const published = keys.filter((key) => key.kid === identity.kid);
	if (published.length === 0) {
		return new AirError('AIR_JWKS_KID_MISSING', { detail: `kid “${identity.kid}”` });
	}
	const own = identity.key.publicJwk;
	const same = published.some((key) =>
		(['kty', 'n', 'e', 'crv', 'x', 'y'] as const).every((member) => own[member] === key[member]),
	);
	return same ? undefined : new AirError('AIR_JWKS_OTHER_KEY', { detail: `kid “${identity.kid}”` });
}

/** Why the JWKS could not be fetched. The catalogue's own words speak of AIR and its base URL. */
const UNREACHED: Partial<Record<AirErrorCode, string>> = {
	AIR_CONNECTION_REFUSED: 'the connection was refused',
	AIR_DNS: 'the host name is unknown',
	AIR_TLS: 'no secure connection could be made; is its certificate valid?',
	AIR_PROXY: 'the proxy of n8n did not let the request through',
	AIR_CONNECT_TIMEOUT: 'it could not be reached in time',
	AIR_CONNECT_FAILED: 'it could not be reached',
	AIR_CONNECTION_LOST: 'the connection broke',
	AIR_TIMEOUT: 'it did not answer in time',
	AIR_ANSWER_TOO_LARGE: 'the answer is far too large',
};

function aboutJwks(error: AirError): AirError {
	const detail = UNREACHED[error.code];
	return detail === undefined ? error : new AirError('AIR_JWKS_UNREADABLE', { detail });
}

async function checkJwks(
	settings: AirSettings,
	signal?: AbortSignal,
): Promise<AirError | undefined> {
	try {
		return keyFinding(settings, await fetchJwks(settings.jwksUrl, TIMEOUT_MS, signal));
	} catch (error) {
		if (error instanceof AirError) return aboutJwks(error);
		throw error;
	}
}

/**
 * Makes sure that AIR accepts tokens of this client's key, by asking for a hash that nobody has under
 * an address that nobody can have. Nothing is issued.
 *
 * @throws AirError what AIR answered instead
 */
export async function assertKeyAccepted(client: AirClient, signal?: AbortSignal): Promise<void> {
	try {
		await client.getStatus(NOBODY, UNKNOWN_HASH, {
			signal,
			timeoutMs: TIMEOUT_MS,
			repeat: NO_REPEAT,
		});
	} catch (error) {
		if (error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND') return;
		throw error;
	}
}

async function checkAir(
	{ identity }: AirSettings,
	signal?: AbortSignal,
): Promise<AirError | undefined> {
	try {
		await assertKeyAccepted(new AirClient(identity), signal);
		return undefined;
	} catch (error) {
		if (error instanceof AirError) return error;
		throw error;
	}
}

/** AIR rejected the token: then what the JWKS shows explains why better than AIR's one sentence. */
const isAboutKeys = (error: AirError) => error.httpStatus === 401;

/**
 * Checks a credential without issuing anything or creating an account: settings and key, the JWKS
 * (if its URL is known), and whether AIR accepts a token, by asking for the status of a hash that
 * nobody has under an address that nobody can have.
 *
 * @param credentialData - the fields of `mocaAirApi`
 * @returns findings, in the order in which a person would mend them
 * @example
 * ```ts
 * const broken = (await checkSetup(data)).find(({ status }) => status === 'fail');
 * ```
 */
export async function checkSetup(
	credentialData: unknown,
	signal?: AbortSignal,
): Promise<Finding[]> {
	let settings: AirSettings;
	try {
		settings = await readSettings(credentialData);
	} catch (error) {
		if (error instanceof AirError) return [failure('settings', error)];
		throw error;
	}
	const findings: Finding[] = [
		{ check: 'settings', status: 'pass', detail: 'Key and settings are readable', fix: '' },
	];
	const [jwks, air] = await Promise.all([
		settings.jwksUrl === '' ? undefined : checkJwks(settings, signal),
		checkAir(settings, signal),
	]);
	if (jwks !== undefined) {
		const decisive = jwks.code === 'AIR_JWKS_LEAKS' || (air !== undefined && isAboutKeys(air));
		findings.push({ ...failure('jwks', jwks), status: decisive ? 'fail' : 'warn' });
	} else if (settings.jwksUrl !== '') {
		findings.push({ check: 'jwks', status: 'pass', detail: 'The JWKS holds this key', fix: '' });
	}
	findings.push(
		air === undefined
			? { check: 'air', status: 'pass', detail: 'AIR accepts the Partner JWT', fix: '' }
			: failure('air', air),
	);
	return findings;
}
