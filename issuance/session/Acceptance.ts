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
/** How long AIR is not asked again after it accepted a key. */
const ACCEPTED_FOR_MS = 24 * HOUR_MS;
/** How long after that a key still counts as accepted if AIR cannot be asked. */
const GRACE_MS = 24 * HOUR_MS;
/** Each accepted issuance renews the acceptance, which is written at most this often. */
const RENEW_AFTER_MS = HOUR_MS;
/** How long one run trusts the acceptance that it has read. */
const READ_AGAIN_MS = 10 * MINUTE_MS;
/** At the first refusal, AIR may only have failed to fetch the JWKS. */
const ASK_AGAIN_MS = 1_000;

const WHY_ASKED =
	'Before anything is sent, or shown from the ledger, AIR is asked whether it accepts this private key: it has not done so yet, or not for two days. That question issues nothing, and it was not answered with yes. Nothing was issued.';

/** After a clock was set back, an acceptance seems to be in the future. */
const ageOf = ({ ageMs }: KeyAcceptance) => Math.abs(ageMs);

const isFresh = (known: KeyAcceptance) => !known.refused && ageOf(known) < ACCEPTED_FOR_MS;
const isInGrace = (known: KeyAcceptance) => ageOf(known) < ACCEPTED_FOR_MS + GRACE_MS;

/** Whether AIR refuses the key that signed, which it says only with 401. */
export const refusesKey = (error: unknown): error is AirError =>
	error instanceof AirError && error.httpStatus === 401;

/** Explains why AIR was asked, since a user who issues did not request that. */
function withReason(error: AirError): AirError {
	const notes = [error.facts.note, WHY_ASKED].filter((note) => note !== undefined);
	return error.with({ note: notes.join(' ') });
}

/** The questions that are under way in this process, by ledger. */
const underWay = new WeakMap<Ledger, Shared<KeyAcceptance>>();

/**
 * Whether AIR accepts the private key of one credential, as known to one run. Anyone who knows a
 * partner ID can make a key: until AIR has accepted the key, nothing is written with it, and nothing is
 * shown.
 */
export class Acceptance {
	private readonly realm: string;
	private readonly thumbprint: string;
	/** The acceptance, and when it was read by the monotonic clock; undefined if AIR must be asked. */
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
	 * Makes sure that AIR accepts the key. Asks AIR once for each new key, and again when the acceptance
	 * is a day old; if AIR cannot be reached then, the old acceptance counts for one more day.
	 *
	 * @throws AirError what AIR answers to a token of this key, or why it could not be asked;
	 *   LedgerError
	 */
	async assert(signal?: AbortSignal): Promise<void> {
		if (this.isKnown()) return;
		const shared = underWay.get(this.ledger) ?? new Shared<KeyAcceptance>();
		underWay.set(this.ledger, shared);
		// Another credential with the same key may have a kid that AIR refuses.
		const { kid, scope } = this.client.identity;
		const who = JSON.stringify([this.realm, this.thumbprint, kid, scope]);
		this.knows(await shared.run(who, async (stop) => await this.ask(stop), signal));
	}

	/** The same without asking AIR: for work that can wait until AIR has accepted the key. */
	async holds(): Promise<boolean> {
		if (this.isKnown()) return true;
		const found = await this.read();
		return found !== undefined && !found.refused && isInGrace(found);
	}

	/** AIR has just answered a token of this key with something that only its owner may learn. */
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

	/** AIR has just refused a token of this key. Many refusals at once count as one. */
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

	/** @param withinMs - how long AIR's acceptance counts */
	private isKnown(withinMs = ACCEPTED_FOR_MS + GRACE_MS): boolean {
		if (this.known === undefined) return false;
		const readMs = performance.now() - this.known.at;
		return readMs < READ_AGAIN_MS && ageOf(this.known.acceptance) + readMs < withinMs;
	}
}
