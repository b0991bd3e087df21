import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { LedgerSession } from '../../issuance/session/LedgerSession';
import type { CallOptionValues } from '../parameters/callOptions';
import type { RunSettings } from '../parameters/credentialSettings';
import type { Parameter } from '../parameters/parameter';
import { forEachItem } from '../run/forEachItem';
import { outputOf } from '../run/output';
import { RunLedger } from '../run/RunLedger';
import { outcomes } from './outcomes';

/** An item that issuing would not send, and what to do about it. */
interface Refused {
	readonly email?: string;
	readonly outcome: 'refused';
	readonly reason: string;
	readonly message?: string;
	readonly code?: string;
}

/** @throws what the ledger failed with: that is not a report about the item */
function refused(error: unknown): Refused {
	if (!(error instanceof AirError)) {
		return { outcome: 'refused', reason: error instanceof Error ? error.message : String(error) };
	}
	if (error.code.startsWith('AIR_LEDGER_')) throw error;
	const { message: reason, description: message, code } = error;
	return { outcome: 'refused', reason, message, code };
}

const counted = (count: number, words: string) => (count === 0 ? [] : [`${count} ${words}`]);

/** What a node's check is. */
export interface CheckSettings {
	/** As the editor calls the operation. */
	readonly name: string;
	/** How to issue, for people: *set Operation to Issue*. */
	readonly toIssue: string;
	readonly options: Parameter<CallOptionValues>;
	readonly settings: (itemIndex: number) => Promise<RunSettings>;
	readonly recipient: Parameter<string>;
	/** @param session - undefined with the ledger off @throws AirError what issuing would throw */
	readonly check: (
		itemIndex: number,
		session: LedgerSession | undefined,
	) => Promise<object & { readonly outcome: string }>;
}

/**
 * Checks items: reads each as issuing does, looks into the ledger, and sends and writes nothing. What
 * issuing would refuse is a row of the output like any other.
 */
export async function checkItems(
	context: IExecuteFunctions,
	{ name, toIssue, options, settings, recipient, check }: CheckSettings,
): Promise<INodeExecutionData[][]> {
	const ledger = new RunLedger(context);
	const refuse = (error: unknown, itemIndex: number): Refused => {
		const reason = refused(error);
		try {
			return { email: recipient(itemIndex), ...reason };
		} catch {
			// The address is what it is refused for, or one of several reasons.
			return reason;
		}
	};
	const counts = new Map<string, number>();
	const count = (outcome: string) => counts.get(outcome) ?? 0;
	let unread = '';
	const checkOne = async (itemIndex: number) => {
		// A credential or a ledger that does not work is the same for all items, and no report.
		const opened = await ledger.for(await settings(itemIndex));
		const session = opened.settings.onlyIn === undefined ? opened : undefined;
		if (session === undefined) {
			unread = ' Issuance Ledger is off: what was issued before is not known.';
		} else if (!(await session.isKeyAccepted())) {
			unread = ' AIR has not accepted this key yet, so the ledger was not read.';
		}
		try {
			return await check(itemIndex, session);
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
					const checked = await checkOne(itemIndex);
					counts.set(checked.outcome, count(checked.outcome) + 1);
					return checked;
				},
			}),
		{
			concurrency: 1,
			done: 'checked',
			wordOf: outcomes.wordOf,
			...outputOf(context, options),
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
			message: `${name}: nothing was sent. Of ${context.getInputData().length}: ${found.join(', ')}.${unread} To issue, ${toIssue}.`,
		});
	}
	return output;
}
