import { createHash } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Idempotency } from '../../issuance/issue/idempotency';
import { isTool } from '../run/execution';
import { runIndex } from './runIndex';

/** Of one run: by the index of an item, whose it is and the key of its first try. */
const keptSchema = z.object({
	run: z.number(),
	keys: z.record(z.string(), z.tuple([z.string(), z.string()])),
});

/** Which item a key belongs to. */
interface Whose {
	readonly recipient: string;
	/** The program, or the type of the credential. */
	readonly what: string;
}

/** Tells people and programs apart without keeping an address where n8n saves the execution. */
const digest = ({ recipient, what }: Whose) =>
	createHash('sha256')
		.update(JSON.stringify([recipient, what]))
		.digest('base64url')
		.slice(0, 22);

/**
 * Under Recognize by Content a retry of this execution is known by its position, too: a value like the
 * current time changes with each try, and would make the same item another content each time. The
 * key of the first try is kept in the node's context, which Retry On Fail and the Retry button leave
 * as it is; the ledger then finds that its subject has changed, and says so.
 *
 * Only the latest run of the node can be tried again: in a loop the one before is over when the next
 * begins, and Retry goes on with the one that failed. So a new run takes the place of the one before.
 *
 * Another person or program at the same position is another item, and has a key of its own. For an AI
 * tool positions tell nothing: each of its tries has a run of its own.
 *
 * @returns what gives an item the key of its first try; made once for a run of the node
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
