import type { BeginRequest, BeginResult } from './Requests';
import type { LedgerRow } from './LedgerRow';
import type { Revocable } from './Revocations';

/** A credential as it is sent: the same bytes under the same ID for each repeat. */
export interface SealedCredential {
	readonly externalId: string;
	/** The whole body of the request. */
	readonly body: string;
	readonly revocationNumber: string;
	/** In milliseconds since 1970. */
	readonly expiresAt: number;
	/** As the credential names the issuer: its claim `iss`. */
	readonly issuer: string;
	/** The `kid` of the key that signed it. */
	readonly kid: string;
	/** The public half of that key, as JSON. */
	readonly publicJwk: string;
	readonly holderDid: string;
	/** The key that it is sealed to, as text. */
	readonly holderKey: string;
}

/**
 * What to do if the person already holds a credential of this type: AIR does not check, so the ledger
 * does.
 */
export type IfHeld = 'keep' | 'reissue' | 'another';

export interface DirectRequest extends BeginRequest {
	readonly ifHeld: IfHeld;
	/** For `reissue`: what the person holds is revoked before the new one is sent, not after. */
	readonly revokeFirst?: boolean | undefined;
}

export type DirectLook =
	| Exclude<BeginResult, { outcome: 'started' }>
	/** The person holds a valid one, from another row. */
	| { readonly outcome: 'held'; readonly row: LedgerRow }
	/** To be sent. */
	| {
			readonly outcome: 'open';
			/** Of the same key; undefined if there is none. */
			readonly row: LedgerRow | undefined;
			/** What was last sealed for that row. */
			readonly sealed: SealedCredential | undefined;
			/** AIR may have stored it: the outcome of an attempt is unknown. */
			readonly mayBeStored: boolean;
			/** Other claims are asked for than those that were sealed; false where that cannot be compared. */
			readonly corrected: boolean;
	  };

export type DirectBegun =
	| Exclude<DirectLook, { outcome: 'open' }>
	| (Extract<BeginResult, { outcome: 'started' }> & {
			/** With `revokeFirst`: how many of the person's credentials were revoked before this one is sent. */
			readonly replacedFirst: number;
			/** Something was revoked: what the person held, or what was sealed for the row before. */
			readonly revoked: boolean;
	  })
	/**
	 * Something else was sealed for this idempotency key meanwhile, the place was taken, or another
	 * private key got the Key ID: look again.
	 */
	| { readonly outcome: 'changed' };

/** What to send, and what it replaces. */
export interface DirectSeal {
	readonly sealed: SealedCredential;
	/** Whether the key and the number outlive the row, until the credential expires. */
	readonly outlives: boolean;
	readonly revocable: Revocable;
	/**
	 * The ID of what was sealed for the row when it was looked at; equal to its own ID for sending the
	 * same again.
	 */
	readonly instead: string | null;
}
