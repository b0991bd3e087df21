import type { HttpAnswer } from '../../air/answers/answer';
import type { PublishedKey } from '../../air/jwks';
import type { PrivateKey } from '../../air/keys/privateKey';
import type { PublicJwk } from '../../air/keys/PublicJwk';
import type { AirAccount } from '../../air/direct/account';
import type { WebIssuer } from '../../air/direct/webIssuer';
import type { ReadStatusList } from '../../air/direct/statusList';
import type { ListSummary, LiveKey } from '../../ledger/Ledger';
import type { DirectSettings } from '../settings/directSettings';
import type { Result } from './Result';

/** What kind of address a host name leads to, as seen from here. */
export type Location = 'public' | 'private, but allowed' | 'private' | 'unknown';

export interface PublishedJwks {
	/** Undefined for an empty field or an invalid address. */
	readonly location: Location | undefined;
	/** Undefined if nothing was fetched. */
	readonly answer: Result<HttpAnswer> | undefined;
	readonly keys: Result<PublishedKey[]> | undefined;
}

/** How far the clock of this machine is ahead of AIR's, if that can be determined. */
export interface ClockReading {
	readonly aheadMs: number;
	/** The uncertainty: the round trip, and the whole seconds of a Date header. */
	readonly uncertaintyMs: number;
}

/** The caller of AIR's account host, with valid settings. */
export interface AccountAsker {
	readonly baseUrl: string;
	readonly partnerId: string;
	readonly kid: string;
	readonly key: PrivateKey;
}

/** The credential's settings for direct issuance. */
export interface DirectFacts {
	readonly issuer: Result<WebIssuer>;
	readonly issuerAs: DirectSettings['issuerAs'];
	readonly accountUrl: Result<string>;
	/** Undefined if it was not requested, or if there is nowhere to fetch it from. */
	readonly published: PublishedIssuer | undefined;
	/** The account of the person who runs the check; undefined if it was not looked up. */
	readonly account: Result<AirAccount> | undefined;
	/** Undefined if it was not requested, there is no ledger, or AIR does not accept the key. */
	readonly ledger: Result<LedgerFacts> | undefined;
}

/** What the ledger has about direct issuances, and what verifiers find. */
export interface LedgerFacts {
	readonly lists: readonly ListFacts[];
	readonly keys: readonly LiveKey[];
}

/** A status list in the ledger and as published. */
export interface ListFacts {
	readonly summary: ListSummary;
	/** The places of what is revoked. */
	readonly revoked: readonly number[];
	readonly url: string;
	readonly answer: Result<HttpAnswer>;
	/** Undefined if nothing was fetched. */
	readonly read: Result<ReadStatusList> | undefined;
}

/** What verifiers find about an issuer. */
export interface PublishedIssuer {
	readonly location: Location;
	readonly did: Result<HttpAnswer>;
	readonly vcIssuer: Result<HttpAnswer>;
}

/**
 * All facts that the checks judge, gathered before the first check. A fact that depends on a missing
 * one is undefined, and the check that needs it is left out.
 */
export interface SetupFacts {
	/** Undefined if there is no credential, as on the command line. */
	readonly settings: Result<unknown> | undefined;
	readonly key: Result<PrivateKey> | undefined;
	readonly kid: string | undefined;
	/** Empty when the credential has none. */
	readonly issuerDid: string | undefined;
	/** Undefined if the credential is not set up for direct issuance. */
	readonly direct: DirectFacts | undefined;
	readonly furtherKeys: Result<readonly PublicJwk[]> | undefined;
	readonly baseUrl: Result<string> | undefined;
	/** Empty when the credential has none. */
	readonly jwksUrl: string | undefined;
	readonly jwks: PublishedJwks | undefined;
	/** Whether AIR accepts a token of this key. */
	readonly air: Result<true> | undefined;
	readonly clock: ClockReading | undefined;
	/** AIR's answer to an empty issuance; only if that check was requested. */
	readonly feature: Result<HttpAnswer> | undefined;
}
