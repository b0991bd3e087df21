import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { pause } from '../../air/pacing/backoff';
import { DEFAULT_REPEAT_LIMITS, NO_REPEAT } from '../../air/pacing/repeat';
import type { KeyAcceptance, Ledger } from '../../ledger/Ledger';
import type { Prove } from './proveKey';
import { realmOf } from './realm';
import { Shared } from './Shared';

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
/** How long after AIR accepted a key it is not asked again. */
export const ACCEPTED_FOR_MS = 24 * HOUR_MS;
/** How long after that a key is still good when AIR cannot be asked. */
export const GRACE_MS = 24 * HOUR_MS;
/** Each accepted issuance renews the acceptance; it is written no more often than this. */
const RENEW_AFTER_MS = HOUR_MS;
/** How long one run trusts what it has read. */
const READ_AGAIN_MS = 10 * MINUTE_MS;
/** AIR may have failed to fetch the JWKS at the first refusal. */
const ASK_AGAIN_MS = 1_000;

const WHY_ASKED =
	'Before anything is sent, or shown from the ledger, AIR is asked whether it accepts this private key: it has not done so yet, or not for two days. That question issues nothing, and it was not answered with yes. Nothing was issued.';

/** A clock that was set back makes an acceptance seem to come from the future. */
const ageOf = ({ ageMs }: KeyAcceptance) => Math.abs(ageMs);

const isFresh = (known: KeyAcceptance) => !known.refused && ageOf(known) < ACCEPTED_FOR_MS;
const isInGrace = (known: KeyAcceptance) => ageOf(known) < ACCEPTED_FOR_MS + GRACE_MS;

/** Whether AIR does not accept the key that signed; it says so with 401 only. */
export const refusesKey = (error: unknown): error is AirError =>
	error instanceof AirError && error.httpStatus === 401;

/** Why AIR was asked at all: who issues has not asked for it. */
function withReason(error: AirError): AirError {
	const notes = [error.facts.note, WHY_ASKED].filter((note) => note !== undefined);
	return error.with({ note: notes.join(' ') });
}

/** What is asked in this process at the moment, by ledger. */
const underWay = new WeakMap<Ledger, Shared<KeyAcceptance>>();

/**
 * Whether AIR accepts the private key of one credential, as one run knows it. Somebody who merely
 * knows a partner ID can make a key: until AIR has accepted it nothing is written under it, and
 * nothing is shown.
 */
export class Acceptance {
	private readonly realm: string;
	private readonly thumbprint: string;
	/** As it was read at a moment of the monotonic clock; undefined if AIR has to be asked. */
	private known: { readonly acceptance: KeyAcceptance; readonly at: number } | undefined;

	constructor(
		private readonly ledger: Ledger,
		private readonly client: Pick<AirClient, 'identity'>,
		private readonly prove: Prove,
		private readonly log: (line: string) => void,
	) {
		this.realm = realmOf(client);
		this.thumbprint = client.identity.key.thumbprint;
	}

	/**
	 * Makes sure that AIR accepts the key. Asks AIR once for each new key, and again when it has not
	 * accepted it for a day: if it cannot be reached then, what it said before counts for one day more.
	 *
	 * @throws AirError what AIR answers to a token of this key, or why it could not be asked;
	 *   LedgerError
	 */
	async assert(signal?: AbortSignal): Promise<void> {
		if (this.isKnown()) return;
		const shared = underWay.get(this.ledger) ?? new Shared<KeyAcceptance>();
		underWay.set(this.ledger, shared);
		// Another credential with the same key may have another kid, which AIR refuses.
		const { kid, scope } = this.client.identity;
		const who = JSON.stringify([this.realm, this.thumbprint, kid, scope]);
		this.knows(await shared.run(who, async (stop) => await this.ask(stop), signal));
	}

	/** The same without asking anybody: what may wait until AIR has accepted the key is not done. */
	async holds(): Promise<boolean> {
		if (this.isKnown()) return true;
		const found = await this.read();
		return found !== undefined && !found.refused && isInGrace(found);
	}

	/** AIR has just answered a token of this key with something that only its owner is told. */
	async renew(): Promise<void> {
		if (this.isKnown(RENEW_AFTER_MS)) return;
		const found = await this.read();
		if (found === undefined || found.refused || ageOf(found) >= RENEW_AFTER_MS) {
			await this.ledger.acceptKey(this.realm, this.thumbprint);
			this.knows({ ageMs: 0, refused: false });
		} else {
			this.knows(found);
		}
	}

	/** AIR has just refused a token of this key. Of many refusals at once one counts. */
	async refused(): Promise<void> {
		if (this.known === undefined) return;
		this.known = undefined;
		await this.ledger.refuseKey(this.realm, this.thumbprint);
	}

	private async ask(signal: AbortSignal): Promise<KeyAcceptance> {
		const found = await this.read();
		if (found !== undefined && isFresh(found)) return found;
		const mayGoOn = found !== undefined && isInGrace(found);
		for (let refused = found?.refused ?? true; ; refused = true) {
			try {
				await this.prove({
					repeat: mayGoOn ? NO_REPEAT : DEFAULT_REPEAT_LIMITS,
					signal,
				});
				break;
			} catch (error) {
				if (refusesKey(error)) {
					if (found !== undefined) await this.ledger.refuseKey(this.realm, this.thumbprint);
					if (refused) throw error;
				} else {
					if (!(error instanceof AirError) || error.code === 'AIR_CANCELLED') throw error;
					if (!mayGoOn) throw withReason(error);
					this.log(`AIR could not be asked whether it accepts this key (${error.code})`);
					return found;
				}
			}
			await pause(ASK_AGAIN_MS, signal);
		}
		await this.ledger.acceptKey(this.realm, this.thumbprint);
		return { ageMs: 0, refused: false };
	}

	private async read(): Promise<KeyAcceptance | undefined> {
		return await this.ledger.keyAcceptance(this.realm, this.thumbprint);
	}

	private knows(acceptance: KeyAcceptance): void {
		this.known = { acceptance, at: performance.now() };
	}

	/** @param withinMs - how long the acceptance by AIR counts */
	private isKnown(withinMs = ACCEPTED_FOR_MS + GRACE_MS): boolean {
		if (this.known === undefined) return false;
		const readMs = performance.now() - this.known.at;
		return readMs < READ_AGAIN_MS && ageOf(this.known.acceptance) + readMs < withinMs;
	}
}
