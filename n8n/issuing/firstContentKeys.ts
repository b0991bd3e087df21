import { createHash } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Idempotency } from '../../issuance/issue/idempotency';
import { isTool } from '../run/execution';
import { runIndex } from './runIndex';

/** For one run: by the index of an item, its owner and the key of its first try. */
const keptSchema = z.object({
	run: z.number(),
	keys: z.record(z.string(), z.tuple([z.string(), z.string()])),
});

/** The owner of a key. */
interface Whose {
	readonly recipient: string;
	/** The program, or the type of the credential. */
	readonly what: string;
}

/** Distinguishes people and programs without saving an address with the execution. */
const digest = ({ recipient, what }: Whose) =>
	createHash('sha256')
		.update(JSON.stringify([recipient, what]))
		.digest('base64url')
		.slice(0, 22);

/**
 * Under Recognize by Content, a retry of this execution is also recognized by its position: a value
 * like the current time changes with each try, and would give the same item different content each
 * time. The key of the first try is kept in the node's context, which Retry On Fail and the Retry
 * button do not change; the ledger then notices that the subject has changed, and reports it.
 *
 * Only the latest run of the node can be tried again: in a loop, a run is over when the next begins,
 * and Retry continues with the one that failed. So a new run replaces the keys of the one before.
 *
 * A different person or program at the same position is a different item, with its own key. For an AI
 * tool positions mean nothing, since each of its tries is a separate run.
 *
 * @returns a function that gives an item the key of its first try; create it once per run
 */
export function firstContentKeys(
	context: IExecuteFunctions,
): (itemIndex: number, whose: Whose, idempotency: Idempotency) => Idempotency {
	const memory = context.getContext('node');
	const run = runIndex(context);
	const tool = isTool(context);
	const before = keptSchema.safeParse(memory.contentKeys).data;
	const kept = before?.run === run ? before : { run, keys: {} };
	memory.contentKeys = kept;
	return (itemIndex, item, idempotency) => {
		if (idempotency.mode !== 'content' || tool) return idempotency;
		const whose = digest(item);
		const [first, key] = kept.keys[itemIndex] ?? [];
		if (first === whose && key !== undefined) return { ...idempotency, key };
		kept.keys[itemIndex] = [whose, idempotency.key];
		return idempotency;
	};
}
