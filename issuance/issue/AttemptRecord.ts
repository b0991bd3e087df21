import { AirError } from '../../errors/AirError';
import type {
	AcceptedAnswer,
	AttemptFailure,
	AttemptRef,
	LedgerRow,
	RecordedAnswer,
} from '../../ledger/Ledger';
import type { LedgerSession } from '../session/LedgerSession';
import type { IssueRecord } from './deliver';

/** How one way of issuing interprets an answer. */
export interface Answers<A, T> {
	/** What the ledger is told about it. */
	readonly accepted: (answer: A) => AcceptedAnswer;
	/** The output of the item. */
	readonly recorded: (answer: A, known: RecordedAnswer) => T;
	/** The output if the ledger could not be written at once. */
	readonly unrecorded: (answer: A) => Promise<T>;
	/** Whether it is harmless to send again after an unknown outcome. */
	readonly safeToRepeat: boolean;
}

/** The ledger's row in which an attempt was begun. */
export class AttemptRecord<A, T> implements IssueRecord<A, T> {
	private readonly attempt: AttemptRef;

	constructor(
		private readonly session: LedgerSession,
		{ issuanceId, attempt }: AttemptRef,
		private readonly answers: Answers<A, T>,
	) {
		this.attempt = { issuanceId, attempt };
	}

	async answered(answer: A): Promise<T> {
		const recorded = await this.write(answer);
		return recorded === undefined
			? await this.answers.unrecorded(answer)
			: this.answers.recorded(answer, recorded);
	}

	/** What an earlier attempt left unknown stays unknown. */
	async failed(error: unknown): Promise<unknown> {
		const { session, attempt } = this;
		const [outcome, reason] =
			error instanceof AirError
				? ([outcomeOf(error), error.code] as const)
				: (['unknown', 'unexpected'] as const);
		await session.noteRefusal(error);
		let row: LedgerRow | undefined;
		await session.write(
			`attempt ${attempt.attempt} of row ${attempt.issuanceId}: ${reason}`,
			async () => {
				row = await session.ledger.failed(attempt, { outcome, reason });
			},
		);
		return row === undefined
			? error
			: besidesEarlier(error, row, session.nameOf(row), this.answers.safeToRepeat);
	}

	/** The run is over, so nothing else would retry this write. */
	async endedLate(outcome: A | Error): Promise<void> {
		if (outcome instanceof Error) await this.failed(outcome);
		else await this.write(outcome);
		await this.session.end();
	}

	/** @returns undefined if it could not be written at once */
	private async write(answer: A): Promise<RecordedAnswer | undefined> {
		const { session, attempt } = this;
		const accepted = this.answers.accepted(answer);
		let recorded: RecordedAnswer | undefined;
		await session.write(`issuance ${accepted.coreClaimHash}`, async () => {
			recorded = await session.ledger.answered(attempt, accepted);
		});
		await session.keyWasAccepted();
		return recorded;
	}
}

function outcomeOf(error: AirError): AttemptFailure['outcome'] {
	switch (error.kind) {
		case 'refused':
			return 'rejected';
		case 'outcome-unknown':
			return 'unknown';
		case 'not-sent':
		case 'cancelled':
		case 'input':
			return 'not-sent';
	}
}

/**
 * A refusal says nothing about an earlier attempt with an unknown outcome; a conflict even suggests
 * that the earlier attempt issued.
 */
function besidesEarlier(
	error: unknown,
	row: LedgerRow,
	name: string,
	safeToRepeat: boolean,
): unknown {
	if (!(error instanceof AirError) || row.state !== 'unknown') return error;
	if (error.kind === 'outcome-unknown') return error;
	const earlier =
		error.httpStatus === 409
			? 'The credential was probably issued by an earlier attempt, which ended without a known outcome'
			: 'An earlier attempt to issue this ended without a known outcome, and that has not changed';
	return error.with({
		kind: 'outcome-unknown',
		safeToRepeat,
		note: [error.facts.note, `${earlier} (${name}).`]
			.filter((note) => note !== undefined)
			.join(' '),
	});
}
