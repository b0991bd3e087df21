import type { DirectClient } from '../../air/direct/DirectClient';
import type { Disclosable } from '../../air/direct/hideClaims';
import type { StoredAnswer } from '../../air/direct/store';
import type { WebIssuer } from '../../air/direct/webIssuer';
import type { PublicJwk } from '../../air/keys/PublicJwk';
import type { IfHeld } from '../../ledger/Ledger';
import type { Delivering } from '../issue/Issuing';
import type { CredentialSubject } from '../subject/subject';

/** Who issues directly: one credential of n8n. */
export interface DirectIssuer {
	readonly client: DirectClient;
	readonly issuer: WebIssuer;
	/** How a credential names the issuer. */
	readonly issuerAs: 'did' | 'url';
	/** Where status lists are. Read when it is asked for. @throws AirError `AIR_STATUS_LIST_URL_INVALID` */
	readonly statusListUrl: string;
	/** The key of the credential first, then those that are published beside it. */
	readonly published: readonly PublicJwk[];
}

/** What is issued directly, to whom; checked. */
export interface DirectIssueRequest {
	/** The e-mail that owns the AIR account, from `parseRecipient`. */
	readonly recipient: string;
	/** Type of the credential, as it is registered in the AIR dashboard. */
	readonly vct: string;
	/** Of the AIR dashboard (Issuer → Schemas). */
	readonly schemaId: string;
	readonly credentialSubject: CredentialSubject;
	readonly disclosable: Disclosable;
	/** In seconds since 1970. */
	readonly expiresAt: number;
	readonly ifHeld: IfHeld;
	/** Of Reissue: what the person holds is revoked before the new one is sent. */
	readonly revokeFirst?: boolean | undefined;
	/** By what it can be revoked; undefined: by its number, if there is a ledger. */
	readonly revocable?: 'list' | 'number' | 'off' | undefined;
	/** A person without a signing key is issued to as well: anybody may show what they are given. */
	readonly unboundAllowed: boolean;
}

/** An issuance that AIR has stored: AIR's answer, and what it leaves out. */
export type DirectIssuance = StoredAnswer & {
	readonly email: string;
	readonly vct: string;
	readonly externalId: string;
	readonly revocationNumber: string;
	readonly holderDid: string;
	/** ISO 8601. */
	readonly expiresAt: string;
	/** ISO 8601, when AIR's answer was read. */
	readonly submittedAt: string;
};

/** One direct issuance as it is asked for. */
export interface DirectIssuing extends Omit<Delivering<DirectIssuance>, 'repeatUnknown'> {
	readonly request: DirectIssueRequest;
}

/**
 * Of two such requests one has to be over before the other begins: the second may be told what the
 * person holds by then.
 */
export const laneOfDirect = ({ recipient, vct }: DirectIssueRequest) =>
	JSON.stringify([recipient.toLowerCase(), vct]);
