import type { BeginRequest, BeginResult } from './Requests';
import type { LedgerRow } from './LedgerRow';
import type { Revocable } from './Revocations';

/** A credential as it is sent: the same bytes under the same ID, however often. */
export interface SealedCredential {
	readonly externalId: string;
	/** The whole body of the request. */
	readonly body: string;
	readonly revocationNumber: string;
	/** In milliseconds since 1970. */
	readonly expiresAt: number;
	/** As the credential names the issuer: its claim `iss`. */
	readonly issuer: string;
	/** Of the key that signed it. */
	readonly kid: string;
	/** That key, as it is published: JSON. */
	readonly publicJwk: string;
	readonly holderDid: string;
	/** The key that it is sealed to, as text. */
	readonly holderKey: string;
}

/** What is done if the person already holds a credential of this type: AIR does not ask, so we do. */
export type IfHeld = 'keep' | 'reissue' | 'another';

export interface DirectRequest extends BeginRequest {
	readonly ifHeld: IfHeld;
	/** Of `reissue`: what the person holds is revoked before the new one is sent, and not after. */
	readonly revokeFirst?: boolean | undefined;
}

export type DirectLook =
	| Exclude<BeginResult, { outcome: 'started' }>
	/** The person holds a valid one, which another row was answered with. */
	| { readonly outcome: 'held'; readonly row: LedgerRow }
	/** To be sent. */
	| {
			readonly outcome: 'open';
			/** Of the same key; undefined if there is none. */
			readonly row: LedgerRow | undefined;
			/** What was sealed for that row. */
			readonly sealed: SealedCredential | undefined;
			/** AIR may have stored it: the outcome of an attempt is not known. */
			readonly mayBeStored: boolean;
			/** Other claims are asked for than those that were sealed; false where that cannot be compared. */
			readonly corrected: boolean;
	  };

export type DirectBegun =
	| Exclude<DirectLook, { outcome: 'open' }>
	| (Extract<BeginResult, { outcome: 'started' }> & {
			/** How many the person held that were revoked before this is sent: `revokeFirst`. */
			readonly replacedFirst: number;
	  })
	/** Something else was sealed for this key meanwhile, or somebody has taken the place: look again. */
	| { readonly outcome: 'changed' };

/** What to send, and in place of what. */
export interface DirectSeal {
	readonly sealed: SealedCredential;
	/** Whether anything is kept when the row is gone, until it expires: the key, and what follows. */
	readonly outlives: boolean;
	readonly revocable: Revocable;
	/** The ID of what was sealed for the row before, as it was looked at: its own to send that again. */
	readonly instead: string | null;
}
