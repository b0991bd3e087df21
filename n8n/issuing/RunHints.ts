import type { IExecuteFunctions, NodeExecutionHint } from 'n8n-workflow';
import type { IssueRequest } from '../../issuance/issue/Issuing';
import type { IssueOutcome, OutcomeFields } from '../../issuance/issue/outcome';

/** Watches each item of a run, and afterwards gives hints about results that may surprise. */
export class RunHints {
	private readonly recipients = new Set<string>();
	private sent = 0;
	/** What came to an issuance and was no repeat. */
	private issuedNow = 0;
	private readonly outcomes = new Map<IssueOutcome, number>();
	/** Of the kept ones: how many have the same claims as their item. */
	private keptSame = 0;
	/** Send Again When Outcome Is Unknown is on, and matters. */
	private sendsAgain = false;

	/** @param toReplace - how to replace what a person holds, in the node's own terms */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly toReplace: string,
	) {}

	/**
	 * An item is about to be sent.
	 *
	 * @param repeatUnknown - whether it is sent even if an earlier attempt may have issued it
	 */
	sending(
		{ recipient, onDuplicate }: Pick<IssueRequest, 'recipient'> & Partial<IssueRequest>,
		repeatUnknown = false,
	): void {
		this.sent++;
		// Keep Existing sends again by itself, which is harmless.
		if (onDuplicate === 'revoke' && repeatUnknown) this.sendsAgain = true;
		this.recipients.add(recipient);
	}

	/** An item led to an issuance. */
	issued({ outcome, sameClaims }: OutcomeFields): void {
		this.outcomes.set(outcome, this.count(outcome) + 1);
		if (outcome !== 'alreadyIssued') this.issuedNow++;
		if (outcome === 'kept' && sameClaims === true) this.keptSame++;
	}

	/** Shows the hints, if there is anything to say. */
	show(): void {
		if (typeof this.context.addExecutionHints !== 'function') return;
		const hints = [
			...this.sendAgain(),
			...this.onePerson(),
			...this.kept(),
			...this.reissued(),
			...this.alreadyIssued(),
		];
		if (hints.length > 0) this.context.addExecutionHints(...hints);
	}

	private count(outcome: IssueOutcome): number {
		return this.outcomes.get(outcome) ?? 0;
	}

	private sendAgain(): NodeExecutionHint[] {
		if (!this.sendsAgain) return [];
		return [
			hint(
				'warning',
				'Send Again When Outcome Is Unknown is on: what an earlier attempt may have issued is sent again, and replaced. Remove the option when it is no longer needed. To decide for one issuance only, use Moca AIR: Ledger → Settle.',
			),
		];
	}

	private onePerson(): NodeExecutionHint[] {
		const went = this.issuedNow;
		if (went < 2 || this.recipients.size > 1) return [];
		return [
			hint(
				'warning',
				`${went} items went to one e-mail address. If they are different people, check where the recipient’s address comes from.`,
			),
		];
	}

	private kept(): NodeExecutionHint[] {
		const other = this.count('kept') - this.keptSame;
		return [
			...(other === 0
				? []
				: [
						hint(
							'warning',
							`${this.holders(other)} It was kept; the new values were NOT issued. To replace what a person holds, ${this.toReplace}.`,
						),
					]),
			...(this.keptSame === 0
				? []
				: [
						hint(
							'info',
							`${this.holders(this.keptSame)} It has the same values and was kept; nothing new was issued.`,
						),
					]),
		];
	}

	private holders(count: number): string {
		const { sent, recipients } = this;
		if (sent === 1) return 'This person already holds this credential.';
		return recipients.size === sent
			? `${count} of ${sent} people already ${count === 1 ? 'holds' : 'hold'} this credential.`
			: `${count} of ${sent} items ${count === 1 ? 'is' : 'are'} for a person who already holds this credential.`;
	}

	private reissued(): NodeExecutionHint[] {
		const count = this.count('reissued');
		if (count === 0) return [];
		const items = count === 1 ? '1 item' : `${count} items`;
		return [hint('info', `${items} replaced a credential that the person already held.`)];
	}

	private alreadyIssued(): NodeExecutionHint[] {
		const count = this.count('alreadyIssued');
		if (count === 0) return [];
		return [
			hint(
				'info',
				count === 1
					? '1 item had already been issued, so it was not sent again. Its output is the original answer.'
					: `${count} items had already been issued, so they were not sent again. Their output is the original answer.`,
			),
		];
	}
}

const hint = (type: 'info' | 'warning', message: string): NodeExecutionHint => ({
	type,
	location: 'outputPane',
	message,
});
