import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AirIdentity } from '../air/AirClient';
import { AirError } from '../air/AirError';
import { resolveBaseUrl } from '../air/baseUrl';
import {
	DEFAULT_LIFETIME_SECONDS,
	LONGEST_LIFETIME_SECONDS,
	SHORTEST_LIFETIME_SECONDS,
} from '../air/partnerJwt';
import { DEFAULT_RETENTION } from '../ledger/Ledger';
import type { LedgerChoice } from './openLedger';
import { importPrivateKey, type PrivateKey } from '../air/privateKey';

const text = z.string().trim();

/** The fields of the credential `mocaAirApi`, as n8n hands them over. */
const credentialSchema = z.looseObject({
	environment: z.enum(['sandbox', 'production', 'custom']).default('sandbox'),
	baseUrl: text.default(''),
	partnerId: text.min(1, 'Partner ID is empty').max(200, 'Partner ID is too long'),
	privateKey: z.string().default(''),
	kid: text.default(''),
	issuerDid: text.default(''),
	jwksUrl: text.default(''),
	scope: z.enum(['issue on-behalf', 'issue']).default('issue on-behalf'),
	jwtLifetime: z.coerce
		.number()
		.min(SHORTEST_LIFETIME_SECONDS / 60, 'Token Lifetime is below 1 minute')
		.max(LONGEST_LIFETIME_SECONDS / 60, 'Token Lifetime is above 15 minutes')
		.default(DEFAULT_LIFETIME_SECONDS / 60),
	allowHandingOutJwts: z.boolean().default(false),
	ledger: z.enum(['embedded', 'postgres', 'off']).default('embedded'),
	ledgerSecret: text.default(''),
	ledgerRetention: z.coerce
		.number()
		.min(1, 'Ledger Retention is below 1 day')
		.max(3650, 'Ledger Retention is above 3650 days')
		.default(DEFAULT_RETENTION.finishedDays),
});

/** As the form calls them. */
const LABELS: Readonly<Record<string, string>> = {
	environment: 'Environment',
	baseUrl: 'Base URL',
	partnerId: 'Partner ID',
	privateKey: 'Private Key',
	kid: 'Key ID',
	issuerDid: 'Issuer DID',
	jwksUrl: 'JWKS URL',
	scope: 'Scope',
	jwtLifetime: 'Token Lifetime',
	allowHandingOutJwts: 'Allow Handing Out Tokens',
	ledger: 'Issuance Ledger',
	ledgerSecret: 'Connection URL',
	ledgerRetention: 'Ledger Retention',
};

/** A credential, read and checked: who signs, where AIR is, and what goes with it. */
export interface AirSettings {
	readonly identity: AirIdentity;
	/** Empty when the credential names none. */
	readonly issuerDid: string;
	/** Empty when the credential names none. */
	readonly jwksUrl: string;
	/** Whether the owner of the credential lets workflows have Partner JWTs. */
	readonly allowHandingOutJwts: boolean;
	readonly ledger: LedgerChoice;
	readonly retentionDays: number;
}

const KEYS_KEPT = 100;
/** Reading a key costs about a millisecond, and every execution brings the same few. */
const keys = new Map<string, Promise<PrivateKey>>();

async function keyOf(pasted: string): Promise<PrivateKey> {
	const id = createHash('sha256').update(pasted).digest('base64');
	const kept = keys.get(id);
	if (kept !== undefined) return await kept;
	const importing = importPrivateKey(pasted);
	keys.set(id, importing);
	for (const oldest of keys.keys()) {
		if (keys.size <= KEYS_KEPT) break;
		keys.delete(oldest);
	}
	try {
		return await importing;
	} catch (error) {
		keys.delete(id);
		throw error;
	}
}

/**
 * Reads the credential's data into settings to call AIR with.
 *
 * @param credentialData - the fields of `mocaAirApi` as n8n hands them over
 * @param overrides - `lifetimeMinutes`, 1–15, where a node sets its own
 * @throws AirError `AIR_SETTING_INVALID`, `AIR_BASE_URL_INVALID`, `AIR_KEY_…`; none shows a value
 * @example
 * ```ts
 * const { identity, issuerDid } = await readSettings(await this.getCredentials('mocaAirApi'));
 * ```
 */
export async function readSettings(
	credentialData: unknown,
	overrides: { readonly lifetimeMinutes?: number | undefined } = {},
): Promise<AirSettings> {
	const data = z.record(z.string(), z.unknown()).safeParse(credentialData).data ?? {};
	const parsed = credentialSchema.safeParse({
		...data,
		...(overrides.lifetimeMinutes === undefined ? {} : { jwtLifetime: overrides.lifetimeMinutes }),
	});
	if (!parsed.success) {
		const issue = parsed.error.issues[0];
		throw new AirError('AIR_SETTING_INVALID', {
			detail:
				issue?.code === 'too_small' || issue?.code === 'too_big'
					? issue.message
					: `${LABELS[String(issue?.path[0])] ?? 'the credential'} is not as expected`,
		});
	}
	const { environment, baseUrl, partnerId, privateKey, kid, issuerDid, jwksUrl, scope } =
		parsed.data;
	return {
		identity: {
			baseUrl: resolveBaseUrl(environment, baseUrl),
			partnerId,
			kid: kid === '' ? partnerId : kid,
			key: await keyOf(privateKey),
			scope,
			lifetimeSeconds: parsed.data.jwtLifetime * 60,
		},
		issuerDid,
		jwksUrl,
		allowHandingOutJwts: parsed.data.allowHandingOutJwts,
		ledger: ledgerChoice(parsed.data.ledger, parsed.data.ledgerSecret),
		retentionDays: parsed.data.ledgerRetention,
	};
}

function ledgerChoice(store: LedgerChoice['store'], url: string): LedgerChoice {
	return store === 'postgres' ? { store, url } : { store };
}
