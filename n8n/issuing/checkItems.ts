import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { LedgerSession } from '../../issuance/session/LedgerSession';
import type { CallOptionValues } from '../parameters/callOptions';
import type { RunSettings } from '../parameters/credentialSettings';
import type { Parameter } from '../parameters/parameter';
import { withCode } from '../errors/nodeError';
import { forEachItem } from '../run/forEachItem';
import { outputOf } from '../run/output';
import { RunLedger } from '../run/RunLedger';
import { outcomes } from './outcomes';

/** The report about an item that issuing would not send. */
interface Refused {
	readonly email?: string;
	readonly outcome: 'refused';
	readonly reason: string;
	readonly message?: string;
	readonly code?: string;
}

/** @throws failures of the ledger, which say nothing about the item */
function refused(failure: unknown): Refused {
	const error = withCode(failure);
	if (!(error instanceof AirError)) {
		return { outcome: 'refused', reason: error instanceof Error ? error.message : String(error) };
	}
	if (error.code.startsWith('AIR_LEDGER_')) throw error;
	const { message: reason, description: message, code } = error;
	return { outcome: 'refused', reason, message, code };
}

const counted = (count: number, words: string) => (count === 0 ? [] : [`${count} ${words}`]);

/** The check of a node. */
export interface CheckSettings {
	/** The operation's name in the editor. */
	readonly name: string;
	/** How to issue, as a text: *set Operation to Issue*. */
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
 * Checks items: reads each as issuing does, reads the ledger, and sends and writes nothing. An item
 * that issuing would refuse is a normal row of the output.
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
			// The address may be the reason for the refusal, or one of several.
			return reason;
		}
	};
	const counts = new Map<string, number>();
	const count = (outcome: string) => counts.get(outcome) ?? 0;
	let unread = '';
	const checkOne = async (itemIndex: number) => {
		// A broken credential or ledger affects all items, so it is an error and not a report.
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
