import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { KycEvent } from './storm';
import { atOnce, WebhookSender } from './WebhookSender';

/** One webhook, about several people. */
export interface Batch {
	readonly people: readonly KycEvent[];
}

export interface BatchSenderOptions {
	readonly url: string;
	readonly batches: readonly Batch[];
	/** Webhooks under way at once. */
	readonly atOnce: number;
	/** After this the sender hangs up, and delivers again later. */
	readonly patienceMs: number;
}

const itemSchema = z.looseObject({
	coreClaimHash: z.string().optional(),
	outcome: z.string().optional(),
	error: z.string().optional(),
	code: z.string().optional(),
});
const PAUSE_MS = 2_000;

/**
 * A sender of webhooks that are answered per person: it delivers a whole webhook again
 * until each of its people has a final outcome, which never changes.
 */
export class BatchSender extends WebhookSender {
	replays = 0;

	constructor(private readonly options: BatchSenderOptions) {
		super();
	}

	get people(): KycEvent[] {
		return this.options.batches.flatMap(({ people }) => people);
	}

	get open(): Batch[] {
		return this.options.batches.filter(({ people }) => people.some(({ id }) => !this.ends.has(id)));
	}

	/** Delivers repeatedly until everybody has a final outcome. */
	async untilAllEnded(withinMs: number): Promise<void> {
		const deadline = Date.now() + withinMs;
		while (this.open.length > 0) {
			if (Date.now() > deadline) {
				throw new Error(`${this.open.length} webhooks have no end: ${this.describeSetbacks()}`);
			}
			await this.round(this.open);
			if (this.open.length > 0) await sleep(PAUSE_MS);
		}
	}

	/** Delivers these webhooks once. */
	async round(batches: readonly Batch[]): Promise<void> {
		await atOnce(this.options.atOnce, batches, async (one) => {
			await this.deliver(one);
		});
	}

	private async deliver({ people }: Batch): Promise<void> {
		this.deliveries += 1;
		const answer = await this.post(people);
		if (answer?.status !== 200) {
			this.setback(answer === undefined ? 'no answer' : `answered ${answer.status}`);
			// A sender does not hammer a server that is down.
			await sleep(PAUSE_MS);
			return;
		}
		const items = z.array(itemSchema).length(people.length).parse(JSON.parse(answer.text));
		for (const [index, item] of items.entries()) {
			const id = people[index]?.id ?? '';
			if (item.outcome === 'alreadyIssued') this.replays += 1;
			if (item.coreClaimHash !== undefined) {
				this.end(id, { how: 'answered', coreClaimHash: item.coreClaimHash });
				continue;
			}
			const code = item.code ?? item.error ?? 'nothing';
			this.setback(code);
			if (code !== 'AIR_ISSUED_UNKNOWN') continue;
			const row = /ledger row (\d+)/.exec(item.error ?? '')?.[1];
			if (row === undefined) throw new Error(`${id}: no row is named in “${item.error ?? ''}”`);
			this.end(id, { how: 'unknown', rowId: Number(row) });
		}
	}

	/** @returns undefined when no answer came */
	private async post(people: readonly KycEvent[]) {
		try {
			const response = await fetch(this.options.url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ people }),
				signal: AbortSignal.timeout(this.options.patienceMs),
			});
			return { status: response.status, text: await response.text() };
		} catch {
			return undefined;
		}
	}
}
