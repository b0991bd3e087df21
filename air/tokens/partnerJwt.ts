import { AirError } from '../../errors/AirError';
import type { PrivateKey } from '../keys/privateKey';
import { jose } from '../keys/jose';

export const SHORTEST_LIFETIME_SECONDS = 60;
export const LONGEST_LIFETIME_SECONDS = 15 * 60;
/** The lifetime that every source recommends. */
export const DEFAULT_LIFETIME_SECONDS = 5 * 60;

export interface PartnerJwtClaims {
	readonly partnerId: string;
	/** Key ID: must equal a `kid` of the registered JWKS. */
	readonly kid: string;
	readonly scope: string;
	/** The recipient. AIR routes the credential by this claim alone. */
	readonly email: string;
	/** 60–900 seconds. */
	readonly lifetimeSeconds: number;
}

/** A token for anyone who asks, not only for Issue on Behalf: other uses of AIR take other claims. */
export type AnyPartnerJwtClaims = Omit<PartnerJwtClaims, 'scope' | 'email'> & {
	readonly scope?: string | undefined;
	readonly email?: string | undefined;
	/** These never replace a claim that is set here. */
	readonly extraClaims?: Readonly<Record<string, unknown>> | undefined;
};

/** A signed token and its expiry, in seconds since 1970. */
export interface PartnerJwt {
	readonly token: string;
	readonly expiresAt: number;
}

/**
 * `iat` is dated back by this much: several verifiers refuse a token whose `iat` is later than their
 * own clock, and clocks differ by seconds.
 */
const DATED_BACK_SECONDS = 10;

/**
 * When a token signed now expires, in seconds since 1970: after its lifetime, counted from now and not
 * from `iat`. Between `iat` and `exp` are at most 15 minutes, since AIR's own tools refuse more.
 *
 * @param now - milliseconds since 1970
 */
export const expiryOf = (now: number, lifetimeSeconds: number) =>
	Math.floor(now / 1000) +
	Math.min(Math.floor(lifetimeSeconds), LONGEST_LIFETIME_SECONDS - DATED_BACK_SECONDS);

/**
 * Signs a Partner JWT as Issue on Behalf requires it: header `alg, kid, typ`, claims `partnerId,
 * scope, email, iat, exp`. `iat` is 10 seconds before now.
 *
 * @param key - from {@link importPrivateKey}
 * @param claims - see {@link PartnerJwtClaims}; scope and e-mail may be left out
 * @param now - milliseconds since 1970
 * @throws AirError `AIR_SETTING_INVALID` for a lifetime outside 1–15 minutes
 * @example
 * ```ts
 * const { token } = await signPartnerJwt(key, {
 *   partnerId, kid: partnerId, scope: 'issue on-behalf', email: 'ada@example.com', lifetimeSeconds: 300,
 * }, Date.now());
 * ```
 */
export async function signPartnerJwt(
	key: PrivateKey,
	{ partnerId, kid, scope, email, lifetimeSeconds, extraClaims }: AnyPartnerJwtClaims,
	now: number,
): Promise<PartnerJwt> {
	if (!(
		lifetimeSeconds >= SHORTEST_LIFETIME_SECONDS && lifetimeSeconds <= LONGEST_LIFETIME_SECONDS
	)) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: 'the token lifetime must be between 1 and 15 minutes',
		});
	}
	const issuedAt = Math.floor(now / 1000) - DATED_BACK_SECONDS;
	const expiresAt = expiryOf(now, lifetimeSeconds);
	const own = {
		...(scope === undefined ? {} : { scope }),
		...(email === undefined ? {} : { email }),
	};
	const { SignJWT } = await jose();
	const token = await new SignJWT({ ...extraClaims, partnerId, ...own })
		.setProtectedHeader({ alg: key.algorithm, kid, typ: 'JWT' })
		.setIssuedAt(issuedAt)
		.setExpirationTime(expiresAt)
		.sign(key.keyObject);
	return { token, expiresAt };
}
