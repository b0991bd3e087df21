import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { N8nApi } from '../../harness/n8nApi';
import { itemsOf } from '../../harness/runData';
import type { KycEvent } from './storm';
import { atOnce, WebhookSender } from './WebhookSender';

/** At once, as a provider with some workers would. */
const CONCURRENCY = 20;
/** Longer than three waits of 30 s for a busy key, and the pauses between. */
const PATIENCE_MS = 150_000;
const PAUSE_MS = 3_000;
/** n8n gives no more at a time. */
const PAGE = 100;

const answerSchema = z.looseObject({ coreClaimHash: z.string() });
const eventSchema = z.looseObject({ body: z.looseObject({ id: z.string() }) });
const UNKNOWN = new AirError('AIR_ISSUED_UNKNOWN').message;

export interface ProviderOptions {
	/** Of the webhook. */
	readonly url: string;
	readonly workflowId: string;
	readonly events: readonly KycEvent[];
}

/** The sender of the webhooks: delivers each again until it has a final outcome. */
export class Provider extends WebhookSender {
	private readonly readExecutions = new Set<string>();
	private hangingUp = new AbortController();

	constructor(private readonly options: ProviderOptions) {
		super();
	}

	get open(): KycEvent[] {
		return this.options.events.filter(({ id }) => !this.ends.has(id));
	}

	/** Delivers every webhook without a final outcome once. */
	async round(events: readonly KycEvent[] = this.open): Promise<void> {
		this.hangingUp = new AbortController();
		await atOnce(CONCURRENCY, events, async (one) => {
			await this.deliver(one);
		});
	}

	/** Gives up on unanswered webhooks, and starts no more in this round. */
	hangUp(): void {
		this.hangingUp.abort();
	}

	/**
	 * Delivers again and again until every webhook has its end.
	 *
	 * @param api - where the failed executions can be looked up
	 */
	async untilAllEnded(api: N8nApi, withinMs: number): Promise<void> {
		const deadline = Date.now() + withinMs;
		await this.readErrors(api);
		while (this.open.length > 0) {
			if (Date.now() > deadline) {
				const ids = this.open.map(({ id }) => id).join(', ');
				throw new Error(`no end after ${withinMs} ms: ${ids}; ${this.describeSetbacks()}`);
			}
			await this.round();
			await sleep(PAUSE_MS);
			await this.readErrors(api);
		}
	}

	/** Delivers all of them once more, as a provider may after any answer. */
	async onceMore(api: N8nApi): Promise<void> {
		await this.round(this.options.events);
		await this.readErrors(api);
	}

	private async deliver(event: KycEvent): Promise<void> {
		const { signal } = this.hangingUp;
		if (signal.aborted) return;
		this.deliveries += 1;
		const answer = await this.post(event, signal);
		if (answer?.status !== 200) {
			this.setback(answer === undefined ? 'no answer' : `answered ${answer.status}`);
			return;
		}
		const { coreClaimHash } = answerSchema.parse(JSON.parse(answer.text));
		this.end(event.id, { how: 'answered', coreClaimHash });
	}

	/** @returns undefined when no answer came: refused, reset, hung up, or waited for too long */
	private async post(event: KycEvent, signal: AbortSignal) {
		try {
			const response = await fetch(this.options.url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(event),
				signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
			});
			return { status: response.status, text: await response.text() };
		} catch {
			return undefined;
		}
	}

	/** A failed execution answers its webhook with a bare 500: n8n has the reason. */
	private async readErrors(api: N8nApi): Promise<void> {
		const { workflowId } = this.options;
		const failed = await api.executions.list({ workflowId, status: ['error'], limit: PAGE });
		for (const { id } of failed) {
			if (this.readExecutions.has(id)) continue;
			this.readExecutions.add(id);
			const { data } = await api.executions.get(id);
			const { message = 'no message' } = data.resultData.error ?? {};
			const [title, named] = message.split(/: ledger row (?=\d+)/);
			this.setback(`“${title ?? ''}”`);
			if (title !== UNKNOWN) continue;
			const event = eventSchema.parse(itemsOf(data, 'Webhook')[0]?.json).body.id;
			const row = /^\d+/.exec(named ?? '')?.[0];
			if (row === undefined) throw new Error(`${event}: no row is named in “${message}”`);
			this.end(event, { how: 'unknown', rowId: Number(row) });
		}
	}
}
