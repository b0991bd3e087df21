import { compactVerify } from 'jose';
import type { Air } from '../air';
import { Refusal } from '../answers';
import { fetchText } from '../fetchText';
import { importPublic, type Jwk } from '../jwks';
import { isUnbound } from './account';
import { claimProblems } from './claimProblems';
import type { StoredCredential } from './dstorage';
import { issuerKey, onceEach, type FetchDocument } from './issuerKeys';
import { readSdJwt, type SdJwt } from './sdJwt';
import { checkStatus } from './statusList';

/** A credential that has passed the emulator's own checks, for a second opinion. */
export interface CredentialToVerify {
	readonly compact: string;
	readonly alg: 'RS256' | 'ES256';
	/** As the issuer publishes it. */
	readonly publicJwk: Record<string, unknown>;
	/** Seconds. */
	readonly now: number;
	/** Fetches a status list, with the certificates that the emulator trusts. */
	readonly statusList: (uri: string) => Promise<string>;
}

/** Throws if the credential is not valid. */
export type CredentialVerifier = (credential: CredentialToVerify) => Promise<void>;

/** One credential, as the wallet of its holder and a verifier see it. */
export interface WalletEntry {
	readonly externalId: string;
	readonly storagePath: string;
	readonly partnerId: string;
	readonly recipient: string;
	readonly holderDid: string;
	readonly schemaId: string;
	readonly storedAt: number;
	readonly expiresAt: string;
	/** Whether the envelope opened. If not, the person never sees this credential. */
	readonly opened: boolean;
	/** Whether a verifier that resolves the issuer's key accepts it now. */
	readonly valid: boolean;
	/** Why not. */
	readonly problems: string[];
	readonly compact?: string | undefined;
	readonly header?: Record<string, unknown>;
	/** Everything in it, with all claims disclosed. */
	readonly claims?: Record<string, unknown>;
	/** What the holder can keep to themselves. */
	readonly disclosable?: string[];
}

/**
 * Opens a wallet: every stored credential is verified again, with the issuer's key as it is published now.
 *
 * @param email whose wallet; everybody's if undefined
 */
export async function openWallet(
	air: Air,
	email: string | undefined,
	verifier: CredentialVerifier | undefined,
): Promise<WalletEntry[]> {
	const stored = email === undefined ? air.dstorage.all() : air.dstorage.for(email);
	const fetched = onceEach(
		air.ca,
		() => air.beforeFetch('did'),
		() => air.log.counts,
	);
	const entries: WalletEntry[] = [];
	for (const one of stored) entries.push(await entryOf(air, one, fetched, verifier));
	return entries;
}

async function entryOf(
	air: Air,
	stored: StoredCredential,
	fetched: FetchDocument,
	verifier: CredentialVerifier | undefined,
): Promise<WalletEntry> {
	const { compact, unopened } = stored;
	const seen = {
		externalId: stored.externalId,
		storagePath: stored.storagePath,
		partnerId: stored.partnerId,
		recipient: stored.recipient,
		holderDid: stored.holderDid,
		schemaId: stored.schemaId,
		storedAt: stored.createdAt,
		expiresAt: stored.expiresAt,
		compact,
	};
	if (compact === undefined) {
		return { ...seen, opened: false, valid: false, problems: [unopened ?? 'it does not open'] };
	}
	let sdJwt: SdJwt;
	try {
		sdJwt = readSdJwt(compact);
	} catch (error) {
		return { ...seen, opened: true, valid: false, problems: [messageOf(error)] };
	}
	const problems = [
		...problemsInside(air, stored, sdJwt),
		...(await signatureProblems(air, sdJwt, compact, fetched, verifier)),
	];
	const { header, payload, disclosable } = sdJwt;
	return {
		...seen,
		opened: true,
		valid: problems.length === 0,
		problems,
		header,
		claims: payload,
		disclosable,
	};
}

function problemsInside(air: Air, stored: StoredCredential, sdJwt: SdJwt): string[] {
	const holder = air.holders.withDid(stored.holderDid);
	const partner = air.state.partners.get(stored.partnerId);
	const program = [...(partner?.programs.values() ?? [])].find(
		({ schemaId }) => schemaId === stored.schemaId,
	);
	if (holder === undefined) return ['the holder has another DID now'];
	return claimProblems(sdJwt, {
		holderDid: stored.holderDid,
		expiresAt: stored.expiresAt,
		signingJwk: isUnbound(air.state, holder) ? undefined : holder.signingJwk,
		issuer: partner?.issuerDid,
		vct: program?.vct,
		now: air.clock.now() / 1000,
	});
}

async function signatureProblems(
	air: Air,
	{ jwt, header, payload }: SdJwt,
	compact: string,
	fetched: FetchDocument,
	verifier: CredentialVerifier | undefined,
): Promise<string[]> {
	const { alg, kid } = header;
	const { iss } = payload;
	if (alg !== 'RS256' && alg !== 'ES256') return ['alg is neither RS256 nor ES256'];
	if (typeof kid !== 'string' || typeof iss !== 'string') return ['it has no kid or no iss'];
	let jwk: Jwk;
	try {
		jwk = await issuerKey(iss, kid, fetched);
		await compactVerify(jwt, await importPublic(jwk, alg), { algorithms: [alg] });
		if (payload.status !== undefined) {
			await checkStatus(payload.status, iss, air.clock.now() / 1000, fetched);
		}
	} catch (error) {
		return [messageOf(error)];
	}
	try {
		await verifier?.({
			compact,
			alg,
			publicJwk: jwk,
			now: Math.floor(air.clock.now() / 1000),
			statusList: (uri) =>
				fetchText(uri, { ca: air.ca, contentTypes: ['application/statuslist+jwt'] }),
		});
	} catch (error) {
		return [`second verifier: ${messageOf(error)}`];
	}
	return [];
}

function messageOf(error: unknown): string {
	if (error instanceof Refusal) return error.reason;
	return error instanceof Error ? error.message : String(error);
}
