import type { DirectClient } from '../../air/direct/DirectClient';
import type { Disclosable } from '../../air/direct/hideClaims';
import type { StoredAnswer } from '../../air/direct/store';
import type { WebIssuer } from '../../air/direct/webIssuer';
import type { PublicJwk } from '../../air/keys/PublicJwk';
import type { IfHeld } from '../../ledger/Ledger';
import type { Delivering } from '../issue/Issuing';
import type { CredentialSubject } from '../subject/subject';

/** An issuer of direct issuance: one n8n credential. */
export interface DirectIssuer {
	readonly client: DirectClient;
	readonly issuer: WebIssuer;
	/** How a credential names the issuer. */
	readonly issuerAs: 'did' | 'url';
	/** Where status lists are. Parsed on access. @throws AirError `AIR_STATUS_LIST_URL_INVALID` */
	readonly statusListUrl: string;
	/** The key of the credential, then those that are published beside it. */
	readonly published: readonly PublicJwk[];
}

/** What is issued directly, and to whom; checked. */
export interface DirectIssueRequest {
	/** The e-mail that owns the AIR account, from `parseRecipient`. */
	readonly recipient: string;
	/** Type of the credential, as it is registered in the AIR dashboard. */
	readonly vct: string;
	/** From the AIR dashboard (Issuer → Schemas). */
	readonly schemaId: string;
	readonly credentialSubject: CredentialSubject;
	readonly disclosable: Disclosable;
	/** In seconds since 1970. */
	readonly expiresAt: number;
	readonly ifHeld: IfHeld;
	/** For Reissue: revoke what the person holds before the new one is sent. */
	readonly revokeFirst?: boolean | undefined;
	/** How it can be revoked; undefined: by its number, if there is a ledger. */
	readonly revocable?: 'list' | 'number' | 'off' | undefined;
	/** Whether to issue also to a person without a signing key; anybody can show such a credential. */
	readonly unboundAllowed: boolean;
}

/** An issuance that AIR has stored: AIR's answer, and what the answer leaves out. */
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

/** A request for one direct issuance. */
export interface DirectIssuing extends Omit<Delivering<DirectIssuance>, 'repeatUnknown'> {
	readonly request: DirectIssueRequest;
}

/**
 * Two requests with the same lane run one after the other, so that the second knows what the person
 * holds by then.
 */
export const laneOfDirect = ({ recipient, vct }: DirectIssueRequest) =>
	JSON.stringify([recipient.toLowerCase(), vct]);
