import { createHash } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose';
import { MESSAGES, Refusal } from './answers';
import type { Clock } from './clock';
import type { JwksDirectory } from './jwks';
import type { Partner, State } from './state';

/** Docs "Partner authentication" recommend 5 minutes; the official AI skill refuses more than 15. */
const MAX_LIFETIME_S = 15 * 60;

/** Header and claims of a token, unverified. */
export interface Claimed {
	readonly token: string;
	readonly tokenHash: string;
	readonly header: { alg?: unknown; kid?: unknown; typ?: unknown };
	readonly claims: Record<string, unknown>;
}

/** Reads `x-partner-auth`: a bare token without `Bearer` (docs "Partner authentication"). */
export function readToken(header: string | string[] | undefined): Claimed | undefined {
	if (typeof header !== 'string' || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(header)) return undefined;
	try {
		return {
			token: header,
			tokenHash: createHash('sha256').update(header).digest('hex'),
			header: decodeProtectedHeader(header),
			claims: decodeJwt(header),
		};
	} catch {
		return undefined;
	}
}

export function textOr(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Verifies a Partner JWT as AIR does (docs "Partner authentication", "Common errors"): header `alg`,
 * `typ`, `kid`; signature against the registered JWKS; claims `exp`, `iat`, `partnerId`, `scope` and
 * `email`. The order of the checks is ours, as is the tolerance for `iat`.
 *
 * With tolerant tokens `typ`, `scope` and lifetime are not checked, and a `kid` that is a DID URL is looked
 * up by the part after its `#`: so only `partnerId` distinguishes a Partner JWT from a credential of the same key.
 *
 * @returns the recipient, too; empty if none is named and none is needed
 */
export async function verifyPartnerJwt(
	claimed: Claimed | undefined,
	operation: 'issue' | 'status' | 'account' | 'store',
	state: State,
	keys: JwksDirectory,
	clock: Clock,
): Promise<{ partner: Partner; recipient: string }> {
	if (claimed === undefined) throw invalidAuth('no readable token');
	const { token, header, claims } = claimed;
	const partnerId = textOr(claims.partnerId);
	if (partnerId === undefined) throw invalidAuth('no partnerId claim');
	const partner = state.partners.get(partnerId);
	if (partner === undefined) throw invalidAuth(`partner ${partnerId} is not registered`);
	if (partner.jwksUrl === undefined) throw invalidAuth('no JWKS URL registered');

	const { alg } = header;
	if (alg !== 'RS256' && alg !== 'ES256') throw failed(`alg ${String(alg)} is not accepted`);
	const { tolerantTokens, iatToleranceSeconds } = state.settings;
	if (header.typ !== 'JWT' && !tolerantTokens) throw new Refusal(401, MESSAGES.missingTyp);
	const told = textOr(header.kid);
	const kid = tolerantTokens ? told?.replace(/^did:[^#]*#/, '') : told;
	if (kid === undefined) throw new Refusal(401, MESSAGES.kidNotFound, 'no kid header');

	const key = await keys.key(partner.jwksUrl, kid, alg);
	try {
		await compactVerify(token, key, { algorithms: [alg] });
	} catch (error) {
		if (error instanceof errors.JWSSignatureVerificationFailed) {
			throw new Refusal(401, MESSAGES.invalidSignature);
		}
		throw failed(error instanceof Error ? error.message : String(error));
	}

	checkTimes(claims, clock.wall() / 1000, iatToleranceSeconds, tolerantTokens);
	const unauthorized =
		operation === 'status' ? MESSAGES.statusUnauthorized : MESSAGES.issueUnauthorized;
	const { scope } = claims;
	const direct = operation === 'account' || operation === 'store';
	const scopes = direct ? partner.directScopes : partner.scopes;
	// Compared whole: 'issue on-behalf' is one value in the docs, not a list of two.
	if (!tolerantTokens && (typeof scope !== 'string' || !scopes.includes(scope))) {
		throw new Refusal(401, unauthorized, `scope ${JSON.stringify(scope)} is not accepted`);
	}
	const recipient = textOr(claims.email);
	if (recipient === undefined && (operation === 'issue' || state.settings.statusNeedsEmail)) {
		throw new Refusal(401, unauthorized, 'no email claim');
	}
	if (recipient !== undefined && operation === 'store' && state.settings.storeRefusesEmail) {
		throw new Refusal(401, unauthorized, 'an email claim, which this call is to be without');
	}
	return { partner, recipient: recipient ?? '' };
}

function checkTimes(
	claims: Record<string, unknown>,
	nowS: number,
	toleranceS: number,
	tolerant: boolean,
): void {
	const { exp, iat } = claims;
	if (exp === undefined && tolerant) return;
	if (typeof exp !== 'number') throw failed('no exp claim');
	if (exp <= nowS) throw new Refusal(401, MESSAGES.tokenExpired);
	if (iat !== undefined && typeof iat !== 'number') throw failed('iat is not a number');
	if (iat !== undefined && iat > nowS + toleranceS) throw failed('iat is in the future');
	// The docs have examples without an iat, so then the remaining lifetime is checked.
	const lifetime = exp - (iat ?? nowS);
	if (lifetime > MAX_LIFETIME_S && !tolerant)
		throw failed(`lifetime of ${Math.round(lifetime)} s is too long`);
}

function invalidAuth(reason: string): Refusal {
	return new Refusal(401, MESSAGES.invalidPartnerAuth, reason);
}

function failed(reason: string): Refusal {
	return new Refusal(401, MESSAGES.verificationFailed, reason);
}
