import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import type { IPollFunctions } from 'n8n-workflow';
import { readOffer, type Evidence, type Keeping, type Offer } from '../../issuance/watch/offering';

/** Distinguishes this process from the one before a restart, and from other mains. */
const PROCESS = randomUUID();

/** n8n's time limit for a poll without a lease (n8n-core 2.41, poll-context.js). */
const NO_LEASE_BUDGET_MS = 5 * 60 * 1000;

/** By the object that represents an activation; garbage-collected with it. */
const noted = new WeakMap<object, Offer>();
const polledBefore = new WeakSet<object>();

/**
 * The activation that a poll belongs to, as far as n8n shows it: what was offered through it, and
 * whether n8n took it. It relies on this (read in n8n 2.40.7 and n8n-core 2.41.1):
 *
 * - Default: n8n makes one `Workflow` and one poll context for an activation, and calls each poll with
 *   them. `this` and its static data, a proxy that belongs to the `Workflow`, are the same objects
 *   until the workflow is deactivated or republished, and new ones afterwards. So a poll that comes
 *   with the same objects as an earlier one knows that the activation was current when that one
 *   returned, and that n8n was handed its items.
 * - Durable scheduler: each poll has objects of its own, and a budget below five minutes. n8n writes
 *   the static data only where it takes the items; with durable cursors, in which case it is a plain
 *   object and no proxy, in one transaction with the execution.
 *
 * If n8n behaves differently, there is no evidence, and offers are repeated rather than lost.
 */
export class Activation {
	private readonly staticData: Record<string, unknown>;
	private readonly keeping: Keeping;
	constructor(
		private readonly context: IPollFunctions,
		env: NodeJS.ProcessEnv = process.env,
	) {
		this.staticData = context.getWorkflowStaticData('node');
		const plain = !types.isProxy(this.staticData);
		const durable = env.N8N_POLLER_DURABLE_CURSORS_ENABLED?.toLowerCase() === 'true';
		this.keeping = plain && durable ? 'durable' : plain || isScheduled(context) ? 'copied' : 'kept';
	}

	get evidence(): Evidence {
		return {
			keeping: this.keeping,
			noted: noted.get(this.context) ?? noted.get(this.staticData),
			saved: readOffer(this.staticData.offer),
			process: PROCESS,
		};
	}

	/** Call it when the items are about to be returned. */
	note(offer: Offer | undefined): void {
		if (offer === undefined) return;
		noted.set(this.context, offer);
		noted.set(this.staticData, offer);
		// Not if it would be saved even though the result was discarded (see `Keeping`).
		if (this.keeping !== 'kept') this.staticData.offer = { ...offer };
	}
}

/** Called by the scheduler, which does not make the first poll of an activation. */
const isScheduled = (context: IPollFunctions) => pollBudgetMs(context) < NO_LEASE_BUDGET_MS;

/** Whether this is certainly not n8n's test poll during activation. */
export function isUnderWay(context: IPollFunctions): boolean {
	return isScheduled(context) || polledBefore.has(context);
}

/** Call it at the end of each poll, even after a failure: n8n tries again with another context. */
export function hasPolled(context: IPollFunctions): void {
	polledBefore.add(context);
}

/** How long a poll may take; n8n says so from about 2.38 on. */
export function pollBudgetMs(context: IPollFunctions): number {
	return typeof context.getPollBudgetMs === 'function'
		? context.getPollBudgetMs()
		: NO_LEASE_BUDGET_MS;
}
