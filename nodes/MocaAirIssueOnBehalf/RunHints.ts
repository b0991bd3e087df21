import type { IExecuteFunctions, NodeExecutionHint } from 'n8n-workflow';
import type { IssueRequest } from '../../issuance/issue';

/** Told of each item of a run, says afterwards where AIR, or the workflow, may have surprised. */
export class RunHints {
	private readonly recipients = new Set<string>();
	private sent = 0;
	/** How many items of this run, under Keep Existing, ended with the same issuance. */
	private readonly kept = new Map<string, number>();

	constructor(private readonly context: IExecuteFunctions) {}

	/** An item is about to be sent. */
	sending({ recipient }: IssueRequest): void {
		this.sent++;
		this.recipients.add(recipient);
	}

	/** AIR has answered for an item. A replay is what the ledger knows, and says nothing about AIR. */
	issued(
		{ onDuplicate }: IssueRequest,
		{ coreClaimHash, replayed }: { readonly coreClaimHash: string; readonly replayed?: boolean },
	): void {
		if (onDuplicate !== 'ignore' || replayed === true) return;
		this.kept.set(coreClaimHash, (this.kept.get(coreClaimHash) ?? 0) + 1);
	}

	/** Shows the hints, if there is anything to say. */
	show(): void {
		if (typeof this.context.addExecutionHints !== 'function') return;
		const hint = (message: string): NodeExecutionHint => ({
			type: 'warning',
			location: 'outputPane',
			message,
		});
		if (this.sent > 1 && this.recipients.size === 1) {
			this.context.addExecutionHints(
				hint(
					`All ${this.sent} items went to one e-mail address. If they are different people, look at where the address of the recipient comes from.`,
				),
			);
		}
		const swallowed = [...this.kept.values()].reduce((sum, times) => sum + times - 1, 0);
		if (swallowed > 0) {
			this.context.addExecutionHints(
				hint(
					`${swallowed === 1 ? '1 item' : `${swallowed} items`} got a credential that another item of this run had got: Keep Existing changed nothing for a person who already holds one. If each item was to give a credential of its own, use Revoke and Reissue, or a program with a schema of its own for each event.`,
				),
			);
		}
	}
}
