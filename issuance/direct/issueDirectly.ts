import type { RequestOptions } from '../../air/AirClient';
import { hideClaims, type HiddenClaims } from '../../air/direct/hideClaims';
import { systemRandomness } from '../../air/direct/randomness';
import { assertExpiry } from '../../air/direct/signCredential';
import type { Series } from '../../air/pacing/repeat';
import { AirError } from '../../errors/AirError';
import type { AirErrorKind } from '../../errors/rows/AirErrorRow';
import type { DirectBegun, DirectLook, DirectRequest, SealedCredential } from '../../ledger/Ledger';
import { AttemptRecord, type Answers } from '../issue/AttemptRecord';
import { deliver, type Door } from '../issue/deliver';
import type { Idempotency } from '../issue/idempotency';
import { beginning, BusyWait } from '../issue/known';
import { withOutcome } from '../issue/outcome';
import { withoutOwnNames } from '../issue/ownNames';
import { asAirError } from '../session/asAirError';
import type { LedgerSession } from '../session/LedgerSession';
import type { DirectIssuance, DirectIssuer, DirectIssuing } from './DirectIssuing';
import { assertNeedsNoLedger } from './needsLedger';
import { fromDirectLedger, type NotSent, type RememberedDirect } from './directOutcome';
import { assertListUrl, placeInList } from './placeInList';
import { sealFor, type ToSend } from './sealFor';

/**
 * Issues one credential directly and records it. The order of the steps is: check the claims, ask the
 * ledger, look up the account, sign and seal, record it, send it, record the answer. So whatever can be
 * refused is refused before an account is made, and whatever is sent can be sent again.
 *
 * After an unknown outcome it may always be sent again, because the very same bytes are sent.
 *
 * @throws AirError `AIR_DIRECT_…`, `AIR_ACCOUNT_…`, `AIR_HOLDER_…`, `AIR_STORE_…`, `AIR_ISSUE_BUSY`,
 *   `AIR_EVENT_ID_…`, `AIR_LEDGER_…`; see its `kind` for what is known about the outcome
 * @example
 * ```ts
 * const { storagePath, outcome } = await issueDirectly(session, issuer, issuing, idempotency);
 * ```
 */
export async function issueDirectly(
	session: LedgerSession,
	issuer: DirectIssuer,
	issuing: DirectIssuing,
	idempotency: Idempotency,
): Promise<RememberedDirect> {
	const claims = checked(session, issuer, issuing);
	await session.assertKeyAccepted(issuing.stopped);
	const item = new DirectItem(session, issuer, issuing, idempotency, claims);
	try {
		return await item.issue();
	} catch (error) {
		if (!isHolderUnknown(error)) throw error;
		// The cached account is some minutes old, and may have been deleted and made again meanwhile.
		issuer.client.forgetAccount(issuing.request.recipient);
		return await item.issue();
	}
}

const isHolderUnknown = (error: unknown) =>
	error instanceof AirError && error.code === 'AIR_STORE_HOLDER_UNKNOWN';

/** Everything that can be refused without asking the ledger or AIR. */
function checked(
	session: LedgerSession,
	issuer: DirectIssuer,
	{ request }: DirectIssuing,
): HiddenClaims {
	const { credentialSubject, disclosable, expiresAt } = request;
	if (session.settings.onlyIn !== undefined) assertNeedsNoLedger(request);
	// A mistake in the credential is reported before an account is made.
	if (request.revocable === 'list') assertListUrl(issuer);
	assertExpiry(expiresAt, Date.now());
	return hideClaims(credentialSubject, { disclosable }, systemRandomness);
}

const OF_AIR: ReadonlySet<AirErrorKind> = new Set(['refused', 'outcome-unknown']);

/** One item while it is issued. */
class DirectItem {
	private readonly busy = new BusyWait();
	private readonly asked: DirectRequest;

	constructor(
		private readonly session: LedgerSession,
		private readonly issuer: DirectIssuer,
		private readonly issuing: DirectIssuing,
		private readonly idempotency: Idempotency,
		private readonly claims: HiddenClaims,
	) {
		const { recipient, vct, ifHeld, revokeFirst } = issuing.request;
		this.asked = {
			...beginning(session, idempotency, issuing),
			program: vct,
			issuerDid: issuer.issuer.did,
			recipient,
			repeatUnknown: true,
			ifHeld,
			revokeFirst,
		};
	}

	async issue(): Promise<RememberedDirect> {
		for (;;) {
			const seen = await this.ask((ledger) => ledger.lookDirect(this.asked));
			if (seen.outcome === 'busy') {
				await this.busy.next(seen, this.session, this.issuing.stopped);
			} else if (seen.outcome === 'open') {
				const result = await this.send(await this.seal(seen), seen.sealed?.externalId ?? null);
				if (result !== undefined) return result;
			} else return await this.known(seen);
		}
	}

	private async seal(seen: Extract<DirectLook, { outcome: 'open' }>): Promise<ToSend> {
		const { issuer, issuing, claims } = this;
		await this.session.assertOwnKeyId();
		const { request, stopped, timeoutMs, share, onRepeat } = issuing;
		const { recipient } = request;
		const options = { signal: stopped, timeoutMs, share, onRepeat };
		const account = await issuer.client.account(recipient, options);
		const findPlace = async () =>
			await this.ask(async () => await placeInList(this.session, systemRandomness));
		return await sealFor(account, seen, issuer, request, claims, Date.now(), findPlace);
	}

	/** @returns undefined if another execution has sealed meanwhile: then start over */
	private async send(
		{ sealed, unbound, revocable }: ToSend,
		instead: string | null,
	): Promise<RememberedDirect | undefined> {
		const { session, issuer, issuing, asked } = this;
		const { baseUrl } = issuer.client.identity;
		const outlives = session.settings.onlyIn === undefined;
		const door = new DirectDoor(session, issuer, issuing, sealed);
		const how = { ...issuing, repeatUnknown: true };
		type Sent = RememberedDirect | undefined;
		let found = instead;
		const sending = deliver<DirectIssuance, Sent>(baseUrl, how, async (permit) => {
			const begun = await this.ask<DirectBegun>((ledger) =>
				ledger.beginDirect(asked, { sealed, outlives, revocable, instead: found }),
			);
			if (begun.outcome === 'started') {
				// If AIR asks to come back later, the same bytes are begun once more.
				found = sealed.externalId;
				const answers = answersOf(issuing, unbound === true, begun.replacedFirst);
				return { door, record: new AttemptRecord<DirectIssuance, Sent>(session, begun, answers) };
			}
			permit.giveBack();
			if (begun.outcome === 'changed') {
				session.forgetOtherKey();
				return { result: undefined };
			}
			if (begun.outcome === 'busy') {
				await this.busy.next(begun, session, issuing.stopped);
				return { result: undefined };
			}
			return { result: await this.known(begun) };
		});
		return await sending.catch(async (error: unknown) => await this.orAnswered(error));
	}

	/**
	 * Another execution may have had an answer for the same event, which then counts for more than this
	 * refusal.
	 */
	private async orAnswered(error: unknown): Promise<RememberedDirect> {
		const isOfAir = error instanceof AirError && OF_AIR.has(error.kind);
		if (!isOfAir || this.issuing.stopped?.aborted === true) throw error;
		const seen = await this.session.ledger.lookDirect(this.asked).catch(() => undefined);
		if (seen?.outcome !== 'answered') throw error;
		return await this.known(seen);
	}

	private async known(known: NotSent): Promise<RememberedDirect> {
		// AIR may have refused the key for another item meanwhile.
		await this.session.assertKeyAccepted(this.issuing.stopped);
		return fromDirectLedger(known, this.idempotency, this.session);
	}

	private async ask<T>(question: (ledger: LedgerSession['ledger']) => Promise<T>): Promise<T> {
		try {
			return await question(this.session.ledger);
		} catch (error) {
			throw asAirError(error);
		}
	}
}

const answersOf = (
	{ request }: DirectIssuing,
	unbound: boolean,
	replacedFirst: number,
): Answers<DirectIssuance, RememberedDirect> => {
	const marked = unbound ? ({ unbound: true } as const) : {};
	return {
		accepted: ({ storagePath }) => ({
			coreClaimHash: storagePath,
			userUuid: null,
			nextCheckMs: null,
			supersedes: request.ifHeld === 'reissue',
		}),
		recorded: (issuance, known) => {
			if (known.replaced) throw new AirError('AIR_DIRECT_REPLACED');
			const superseded = known.superseded + replacedFirst;
			return { ...withOutcome(issuance, { ...known, superseded }), ...marked };
		},
		unrecorded: async (issuance) =>
			await Promise.resolve({ ...issuance, ...marked, outcome: 'issued', recorded: false }),
		safeToRepeat: true,
	};
};

/** Stores what was sealed. */
class DirectDoor implements Door<DirectIssuance> {
	constructor(
		private readonly session: LedgerSession,
		private readonly issuer: DirectIssuer,
		private readonly issuing: DirectIssuing,
		private readonly sealed: SealedCredential,
	) {}

	async post(options: RequestOptions): Promise<DirectIssuance> {
		const { body, externalId, revocationNumber, holderDid, expiresAt } = this.sealed;
		const answer = await this.issuer.client.store(body, options);
		const { recipient, vct } = this.issuing.request;
		return {
			...withoutOwnNames(answer),
			email: recipient,
			vct,
			externalId,
			revocationNumber,
			holderDid,
			expiresAt: new Date(expiresAt).toISOString(),
			submittedAt: new Date().toISOString(),
		};
	}

	explained(error: AirError, { repeats }: Series): AirError {
		if (error.kind !== 'outcome-unknown') return error;
		const isOff = this.session.settings.onlyIn !== undefined;
		const note = [
			error.facts.note,
			`AIR may or may not have stored this credential${repeats > 0 ? '; sending it again brought no clear answer either' : ''}.`,
			isOff
				? 'The issuance ledger is off, so another execution would store a second one: look into the AIR dashboard (Issuer → Claim Records) first.'
				: 'It is safe to run the item again: the very same bytes are sent again under the same ID.',
		];
		return error.with({
			note: note.filter((line) => line !== undefined).join(' '),
			safeToRepeat: !isOff,
		});
	}
}
