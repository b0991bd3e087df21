import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { Checking, type Checked } from '../../issuance/issue/checkOnce';
import { forEachItem } from '../../n8n/run/forEachItem';
import { outputOf } from '../../n8n/run/output';
import { RunLedger } from '../../n8n/run/RunLedger';
import { recipients } from './issueRequest';
import { itemReader } from './itemReader';
import { outcomes } from './outcomes';

/** An item that issuing would not send, and what to do about it. */
interface Refused {
	readonly email?: string;
	readonly outcome: 'refused';
	readonly reason: string;
	readonly message?: string;
	readonly code?: string;
}

/** @throws what the ledger failed with: that is no report about the item */
function refused(error: unknown): Refused {
	if (!(error instanceof AirError)) {
		return { outcome: 'refused', reason: error instanceof Error ? error.message : String(error) };
	}
	if (error.code.startsWith('AIR_LEDGER_')) throw error;
	const { message: reason, description: message, code } = error;
	return { outcome: 'refused', reason, message, code };
}

const counted = (count: number, words: string) => (count === 0 ? [] : [`${count} ${words}`]);

/**
 * The operation Check Only: reads every item as issuing does, looks into the ledger, and sends and
 * writes nothing. What issuing would refuse is a row of the output like any other.
 */
export async function checkOnly(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const readItem = itemReader(context);
	const ledger = new RunLedger(context);
	const checking = new Checking();
	const recipientOf = recipients(context);
	const refuse = (error: unknown, itemIndex: number): Refused => {
		const reason = refused(error);
		try {
			return { email: recipientOf(itemIndex), ...reason };
		} catch {
			// The address is what it is refused for, or one of several reasons.
			return reason;
		}
	};
	const counts = new Map<string, number>();
	const count = (outcome: string) => counts.get(outcome) ?? 0;
	let unread = '';
	const check = async (itemIndex: number): Promise<Checked | Refused> => {
		// A credential or a ledger that does not work is the same for all items, and no report.
		const settings = await readItem.settings(itemIndex);
		const opened = await ledger.for(settings);
		const session = opened.settings.onlyIn === undefined ? opened : undefined;
		if (session === undefined) {
			unread = ' Issuance Ledger is off: what was issued before is not known.';
		} else if (!(await session.isKeyAccepted())) {
			unread = ' AIR has not accepted this key yet, so the ledger was not read.';
		}
		try {
			const { request, idempotency, repeatUnknown } = await readItem(itemIndex);
			const row = itemIndex + 1;
			return await checking.check(settings.client, request, idempotency, session, {
				row,
				repeatUnknown,
			});
		} catch (error) {
			return refuse(error, itemIndex);
		}
	};
	const output = await forEachItem(
		context,
		async (itemIndex) =>
			await Promise.resolve({
				lane: '',
				run: async () => {
					const checked = await check(itemIndex);
					counts.set(checked.outcome, count(checked.outcome) + 1);
					return checked;
				},
			}),
		{
			concurrency: 1,
			done: 'checked',
			wordOf: outcomes.wordOf,
			...outputOf(context, readItem.options),
		},
	);
	if (typeof context.addExecutionHints === 'function') {
		const found = [
			...counted(count('wouldIssue'), 'would be issued'),
			...counted(count('wouldReissue'), 'would replace what the person holds'),
			...counted(count('wouldKeep'), 'would be kept as the person holds it'),
			...counted(count('alreadyIssued'), 'issued already'),
			...counted(count('refused'), 'refused: see “reason” there'),
		];
		context.addExecutionHints({
			type: 'warning',
			location: 'outputPane',
			message: `Check Only: nothing was sent. Of ${context.getInputData().length}: ${found.join(', ')}.${unread} To issue, set Operation to Issue.`,
		});
	}
	return output;
}
