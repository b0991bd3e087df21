import { pause } from '../../air/pacing/backoff';
import { limiterFor } from '../../air/pacing/HostLimiter';
import type { Permit } from '../../air/pacing/Permit';
import {
	DEFAULT_REPEAT_LIMITS,
	repeating,
	type Begun,
	type Sending,
	type Series,
} from '../../air/pacing/repeat';
import type { RequestOptions } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import type { Delivering } from './Issuing';

/** After a cancel: how long the node waits for a POST in flight before it returns … */
const RETURN_AFTER_MS = 300;
/** … and how long the POST may continue in the background, so that its outcome can be logged. */
const FINISH_WITHIN_MS = 5_000;

/** One way of issuing: sends a request, and explains its failures. */
export interface Door<A> {
	/** Sends once. @throws AirError */
	readonly post: (options: RequestOptions) => Promise<A>;
	/** The same error, with what this way of issuing knows about it. */
	readonly explained: (error: AirError, series: Series) => AirError;
}

/** Records a series of attempts to issue. */
export interface IssueRecord<A, T> {
	/** AIR accepted it. @returns the output of the item */
	readonly answered: (answer: A) => Promise<T>;
	/** It failed, and no further attempt follows in this series. @returns the error to throw */
	readonly failed: (error: unknown) => Promise<unknown>;
	/** The user cancelled, and nobody waits for its outcome any more. */
	readonly endedLate?: (outcome: A | Error) => Promise<void>;
}

/** What to send and where to record it, or why nothing is sent; see `Begun`. */
export type BegunDelivery<A, T> =
	{ readonly door: Door<A>; readonly record: IssueRecord<A, T> } | Exclude<Begun<T>, Sending<T>>;

/**
 * Sends one issuance: waits for a permit, begins, sends and records; repeats that where it is safe.
 *
 * After the signal is aborted nothing more is sent, and this returns within a second; a POST that AIR
 * may already have seen finishes in the background.
 *
 * @param baseUrl - whose limiter is asked
 * @param begin - called with the permit, which it gives back before it waits for anything else
 * @throws AirError, see its `kind` for what is known about the outcome
 * @example
 * ```ts
 * await deliver(baseUrl, issuing, async () => ({ door: new OnBehalf(client, issuing), record }));
 * ```
 */
export async function deliver<A, T>(
	baseUrl: string,
	issuing: Delivering<A>,
	begin: (permit: Permit) => Promise<BegunDelivery<A, T>>,
): Promise<T> {
	const { repeatUnknown, stopped, share, onRepeat } = issuing;
	const deadEnd = !repeatUnknown;
	return await repeating<T>(
		async (permit) => {
			const begun = await begin(permit);
			return begun === 'again' || 'result' in begun
				? begun
				: new Post(issuing, begun.door, begun.record);
		},
		{
			limiter: () => limiterFor(baseUrl),
			wanted: { kind: 'issue', share, deadEnd, ahead: !deadEnd },
			limits: DEFAULT_REPEAT_LIMITS,
			repeatUnknown,
			patient: true,
			stopped,
			onRepeat,
		},
	);
}

/** A series of POSTs for one issuance. */
class Post<A, T> implements Sending<T> {
	constructor(
		private readonly issuing: Delivering<A>,
		private readonly door: Door<A>,
		private readonly record: IssueRecord<A, T>,
	) {}

	async send(permit: Permit, series: Series): Promise<T> {
		const { signal, stopped, timeoutMs } = this.issuing;
		if (stopped?.aborted === true) throw new AirError('AIR_CANCELLED');
		const sending = this.door.post({ permit, signal, graceMs: FINISH_WITHIN_MS, timeoutMs });
		const patience = new Patience(signal);
		let answer: A | typeof ABANDONED;
		try {
			answer = await Promise.race([sending, patience.over]);
		} finally {
			patience.end();
		}
		if (answer === ABANDONED) {
			void this.late(sending, series);
			throw new AirError('AIR_CANCELLED_IN_FLIGHT');
		}
		this.issuing.onAnswered?.();
		return await this.record.answered(answer);
	}

	async failed(error: unknown, series: Series): Promise<unknown> {
		// The outcome comes later; until then the lease holds.
		if (error instanceof AirError && error.code === 'AIR_CANCELLED_IN_FLIGHT') return error;
		return await this.record.failed(this.explained(error, series));
	}

	private async late(sending: Promise<A>, series: Series): Promise<void> {
		let outcome: A | Error;
		try {
			outcome = await sending;
		} catch (error) {
			const last = error instanceof AirError ? series.ended(error) : error;
			const explained = this.explained(last, series);
			outcome = explained instanceof Error ? explained : new Error(String(explained));
		}
		this.issuing.onLateOutcome?.(outcome);
		await this.record.endedLate?.(outcome);
	}

	private explained(error: unknown, series: Series): unknown {
		return error instanceof AirError ? this.door.explained(error, series) : error;
	}
}

const ABANDONED = Symbol('abandoned');

/** Fires a moment after the cancel, so that a POST that ends by then is reported with its real outcome. */
class Patience {
	readonly over: Promise<typeof ABANDONED>;
	private runOut: () => void = () => undefined;
	private readonly onAbort = (): void => {
		void pause(RETURN_AFTER_MS).then(() => {
			this.runOut();
		});
	};

	constructor(private readonly signal: AbortSignal | undefined) {
		this.over = new Promise((resolve) => {
			this.runOut = () => {
				resolve(ABANDONED);
			};
		});
		if (signal?.aborted === true) this.onAbort();
		else signal?.addEventListener('abort', this.onAbort, { once: true });
	}

	end(): void {
		this.signal?.removeEventListener('abort', this.onAbort);
	}
}
