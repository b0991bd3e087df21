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

/** Whose address a host name leads to, as seen from here. */
export type Location = 'public' | 'private, but allowed' | 'private' | 'unknown';

export interface PublishedJwks {
	/** Undefined for what is not an address at all, or an empty field. */
	readonly location: Location | undefined;
	/** Undefined when nothing was fetched. */
	readonly answer: Result<HttpAnswer> | undefined;
	readonly keys: Result<PublishedKey[]> | undefined;
}

/** How far the clock of this machine is ahead of AIR's, as far as that can be told. */
export interface ClockReading {
	readonly aheadMs: number;
	/** How long the answer was on its way; its Date has whole seconds. */
	readonly uncertaintyMs: number;
}

/** Who asks AIR's account host: all of it is read. */
export interface AccountAsker {
	readonly baseUrl: string;
	readonly partnerId: string;
	readonly kid: string;
	readonly key: PrivateKey;
}

/** What the credential says of direct issuance. */
export interface DirectFacts {
	readonly issuer: Result<WebIssuer>;
	readonly issuerAs: DirectSettings['issuerAs'];
	readonly accountUrl: Result<string>;
	/** Undefined when nobody asked for it, or there is nowhere to fetch from. */
	readonly published: PublishedIssuer | undefined;
	/** The account of the person who asks; undefined when it was not looked up. */
	readonly account: Result<AirAccount> | undefined;
	/** Undefined when nobody asked for it, there is no ledger, or AIR does not accept the key. */
	readonly ledger: Result<LedgerFacts> | undefined;
}

/** What the ledger has of what was issued directly, and what verifiers find of it. */
export interface LedgerFacts {
	readonly lists: readonly ListFacts[];
	readonly keys: readonly LiveKey[];
}

/** A status list: as the ledger has it, and as it is published. */
export interface ListFacts {
	readonly summary: ListSummary;
	/** The places of what is revoked. */
	readonly revoked: readonly number[];
	readonly url: string;
	readonly answer: Result<HttpAnswer>;
	/** Undefined when nothing was fetched. */
	readonly read: Result<ReadStatusList> | undefined;
}

/** What verifiers find of an issuer. */
export interface PublishedIssuer {
	readonly location: Location;
	readonly did: Result<HttpAnswer>;
	readonly vcIssuer: Result<HttpAnswer>;
}

/**
 * All that the checks judge, gathered before the first of them: a fact that could not be had, because
 * another one is missing, is undefined, and the check that needs it is left out.
 */
export interface SetupFacts {
	/** Undefined when there is no credential, as for the command line. */
	readonly settings: Result<unknown> | undefined;
	readonly key: Result<PrivateKey> | undefined;
	readonly kid: string | undefined;
	/** Empty when the credential has none. */
	readonly issuerDid: string | undefined;
	/** Undefined when the credential is not set up for direct issuance. */
	readonly direct: DirectFacts | undefined;
	readonly furtherKeys: Result<readonly PublicJwk[]> | undefined;
	readonly baseUrl: Result<string> | undefined;
	/** Empty when the credential has none. */
	readonly jwksUrl: string | undefined;
	readonly jwks: PublishedJwks | undefined;
	/** Whether AIR accepts a token of this key. */
	readonly air: Result<true> | undefined;
	readonly clock: ClockReading | undefined;
	/** What AIR says to an issuance of nothing; only when that was asked for. */
	readonly feature: Result<HttpAnswer> | undefined;
}
