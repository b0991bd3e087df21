import { z } from 'zod';
import type { AirIdentity } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { resolveBaseUrl } from '../../air/baseUrl';
import {
	DEFAULT_LIFETIME_SECONDS,
	LONGEST_LIFETIME_SECONDS,
	SHORTEST_LIFETIME_SECONDS,
} from '../../air/tokens/partnerJwt';
import { importPrivateKey } from '../../air/keys/privateKey';
import type { PublicJwk } from '../../air/keys/PublicJwk';
import { importPublicKeys } from '../../air/keys/publicKey';
import { DEFAULT_RETENTION } from '../../ledger/Ledger';
import type { LedgerChoice } from '../session/openLedger';
import { directSettings, type DirectSettings } from './directSettings';
import { memoizeByHash } from './memoizeByHash';

const text = z.string().trim();

/** The labels of the credential's fields, in the form and in errors. */
export const CREDENTIAL_LABELS = {
	environment: 'Environment',
	baseUrl: 'Base URL',
	partnerId: 'Partner ID',
	privateKey: 'Private Key',
	kid: 'Key ID',
	issuerDid: 'Issuer DID',
	jwksUrl: 'JWKS URL',
	directIssuer: 'Issuer Host or DID',
	directIssuerAs: 'Issuer Written As',
	accountUrl: 'Account URL',
	statusListUrl: 'Status List URL',
	furtherPublicJwks: 'Further Public Keys',
	scope: 'Scope',
	jwtLifetime: 'Token Lifetime',
	allowHandingOutJwts: 'Allow Handing Out Tokens',
	ledger: 'Issuance Ledger',
	ledgerSecret: 'Connection URL',
	ledgerRetention: 'Ledger Retention',
} as const;

const LABELS: ReadonlyMap<string, string> = new Map(Object.entries(CREDENTIAL_LABELS));

/** The fields of the credential `mocaAirApi`, as n8n hands them over. */
const credentialSchema = z.looseObject({
	environment: z.enum(['sandbox', 'production', 'custom']).default('sandbox'),
	baseUrl: text.default(''),
	partnerId: text.min(1, 'is empty').max(200, 'is too long'),
	privateKey: z.string().default(''),
	kid: text.default(''),
	issuerDid: text.default(''),
	jwksUrl: text.default(''),
	directIssuer: text.default(''),
	directIssuerAs: z.enum(['did', 'url']).default('did'),
	accountUrl: text.default(''),
	statusListUrl: text.default(''),
	// Not “…Keys”: for such a name, one rule of n8n's linters requires a masked field, and another a
	// visible one.
	furtherPublicJwks: text.default(''),
	scope: z.enum(['issue on-behalf', 'issue']).default('issue on-behalf'),
	jwtLifetime: z.coerce
		.number()
		.min(SHORTEST_LIFETIME_SECONDS / 60, 'is below 1 minute')
		.max(LONGEST_LIFETIME_SECONDS / 60, 'is above 15 minutes')
		.default(DEFAULT_LIFETIME_SECONDS / 60),
	allowHandingOutJwts: z.boolean().default(false),
	ledger: z.enum(['embedded', 'postgres', 'off']).default('embedded'),
	ledgerSecret: text.default(''),
	ledgerRetention: z.coerce
		.number()
		.min(1, 'is below 1 day')
		.max(3650, 'is above 3650 days')
		.default(DEFAULT_RETENTION.finishedDays),
});

export type CredentialFields = z.infer<typeof credentialSchema>;

/** A credential, read and checked: who signs, where AIR is, and related settings. */
export interface AirSettings {
	readonly identity: AirIdentity;
	/** Empty when the credential names none. */
	readonly issuerDid: string;
	/** Empty when the credential names none. */
	readonly jwksUrl: string;
	/** Undefined when the credential names no issuer for direct issuance. */
	readonly direct: DirectSettings | undefined;
	/** Whether the owner of the credential lets workflows create Partner JWTs. */
	readonly allowHandingOutJwts: boolean;
	/** Keys published beside the credential's own, for a rotation. */
	readonly furtherPublicKeys: readonly PublicJwk[];
	readonly ledger: LedgerChoice;
	readonly retentionDays: number;
}

/** @throws AirError `AIR_KEY_…` */
export const privateKeyOf = memoizeByHash(importPrivateKey);

/**
 * Names the field, since the catalogue's text is about public keys in general.
 *
 * @throws AirError `AIR_PUBLIC_KEY_…`
 */
export const publicKeysOf = memoizeByHash(async (pasted): Promise<readonly PublicJwk[]> => {
	try {
		return pasted === '' ? [] : await importPublicKeys(pasted);
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		const { detail } = error.facts;
		const field = `in ${CREDENTIAL_LABELS.furtherPublicJwks} of the credential`;
		throw error.with({ detail: detail === undefined ? field : `${detail}, ${field}` });
	}
});

/** PEM, a JWK, or the Base64 of DER, which begins with a SEQUENCE for every key. */
const KEY = /-----BEGIN|"kty"|^M[A-I][\w+/=\s-]{60,}$/;

/** AIR receives these values, and some are public in the JWKS: a private key must never be in them. */
function assertNoKeyElsewhere(fields: CredentialFields): void {
	const told = ['partnerId', 'kid', 'issuerDid', 'baseUrl', 'jwksUrl'] as const;
	for (const name of [...told, 'directIssuer', 'accountUrl', 'statusListUrl'] as const) {
		if (!KEY.test(fields[name])) continue;
		throw new AirError('AIR_SETTING_INVALID', {
			detail: `${CREDENTIAL_LABELS[name]} holds a key, which belongs in ${CREDENTIAL_LABELS.privateKey} and nowhere else`,
		});
	}
}

/**
 * Reads the fields of the credential, each by itself: the key and the base URL are not checked.
 *
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function readFields(
	credentialData: unknown,
	overrides: { readonly lifetimeMinutes?: number | undefined } = {},
): CredentialFields {
	const data = z.record(z.string(), z.unknown()).safeParse(credentialData).data ?? {};
	const parsed = credentialSchema.safeParse({
		...data,
		...(overrides.lifetimeMinutes === undefined ? {} : { jwtLifetime: overrides.lifetimeMinutes }),
	});
	if (parsed.success) {
		assertNoKeyElsewhere(parsed.data);
		return parsed.data;
	}
	const issue = parsed.error.issues[0];
	const label = LABELS.get(String(issue?.path[0])) ?? 'the credential';
	const isRange = issue?.code === 'too_small' || issue?.code === 'too_big';
	throw new AirError('AIR_SETTING_INVALID', {
		detail: `${label} ${isRange ? issue.message : 'is not as expected'}`,
	});
}

/** AIR's documents use the partner ID as kid, so that is what an empty field means. */
export const kidOf = ({ kid, partnerId }: Pick<CredentialFields, 'kid' | 'partnerId'>) =>
	kid === '' ? partnerId : kid;

/**
 * Reads the credential's data into settings to call AIR with.
 *
 * @param credentialData - the fields of `mocaAirApi` as n8n hands them over
 * @param overrides - `lifetimeMinutes`, 1–15, where a node sets its own
 * @throws AirError `AIR_SETTING_INVALID`, `AIR_BASE_URL_INVALID`, `AIR_KEY_…`,
 *   `AIR_PUBLIC_KEY_…`; none shows a value
 * @example
 * ```ts
 * const { identity, issuerDid } = await readSettings(await this.getCredentials('mocaAirApi'));
 * ```
 */
export async function readSettings(
	credentialData: unknown,
	overrides: { readonly lifetimeMinutes?: number | undefined } = {},
): Promise<AirSettings> {
	const fields = readFields(credentialData, overrides);
	const { environment, baseUrl, partnerId, privateKey, issuerDid, jwksUrl, scope } = fields;
	return {
		identity: {
			baseUrl: resolveBaseUrl(environment, baseUrl),
			partnerId,
			kid: kidOf(fields),
			key: await privateKeyOf(privateKey),
			scope,
			lifetimeSeconds: fields.jwtLifetime * 60,
		},
		issuerDid,
		jwksUrl,
		direct: directSettings(fields, CREDENTIAL_LABELS.directIssuer),
		allowHandingOutJwts: fields.allowHandingOutJwts,
		furtherPublicKeys: await publicKeysOf(fields.furtherPublicJwks),
		ledger: ledgerChoice(fields),
		retentionDays: fields.ledgerRetention,
	};
}

/** The credential's choice of ledger. */
export function ledgerChoice({
	ledger: store,
	ledgerSecret: url,
}: Pick<CredentialFields, 'ledger' | 'ledgerSecret'>): LedgerChoice {
	return store === 'postgres' ? { store, url } : { store };
}
