import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Idempotency } from '../../issuance/idempotency';
import type { IssueRequest } from '../../issuance/issue';
import { isTool } from '../shared/execution';
import { runIndex } from './runIndex';

const positions = z.record(z.string(), z.tuple([z.string(), z.string(), z.string()]));

/**
 * Under Same Content a retry of this execution is known by its position, too: a value like the
 * current time changes with each try, and would make the same item another content each time. The
 * key of the first try is kept in the node's context, which Retry On Fail and the Retry button leave
 * as it is (n8n-facts §8.5); the ledger then finds that its subject has changed, and says so.
 *
 * Another person or program at the same position is another item, and begins anew. For an AI tool
 * positions tell nothing: each of its tries has a run of its own.
 *
 * @returns what gives an item the key of its first try; made once for a run of the node
 */
export function firstContentKeys(
	context: IExecuteFunctions,
): (itemIndex: number, request: IssueRequest, idempotency: Idempotency) => Idempotency {
	const memory = context.getContext('node');
	const known = positions.safeParse(memory.contentKeys).data ?? {};
	memory.contentKeys = known;
	const run = runIndex(context);
	const tool = isTool(context);
	return (itemIndex, { recipient, credentialId }, idempotency) => {
		if (idempotency.mode !== 'content' || tool) return idempotency;
		const position = `${run}:${itemIndex}`;
		const [person, program, key] = known[position] ?? [];
		if (person === recipient && program === credentialId && key !== undefined) {
			return { ...idempotency, key };
		}
		known[position] = [recipient, credentialId, idempotency.key];
		return idempotency;
	};
}
