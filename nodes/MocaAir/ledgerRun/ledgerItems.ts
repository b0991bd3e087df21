import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../../errors/AirError';
import type { LedgerSession } from '../../../issuance/session/LedgerSession';
import { failedItem, nodeError } from '../../../n8n/errors/nodeError';
import { credentialSettings } from '../../../n8n/parameters/credentialSettings';
import { isTool } from '../../../n8n/run/execution';
import { cancelSignal } from '../../../n8n/run/forEachItem';
import { RunLedger } from '../../../n8n/run/RunLedger';
import { assertAgentIsTold, goesOnAfterFailure } from '../../../n8n/tool/toolUse';

/** The output of an operation: plain data, and possibly a file. */
export interface Found {
	readonly json: IDataObject;
	readonly binary?: INodeExecutionData['binary'];
}

/** Takes the results of an operation. */
export interface Output {
	/** @throws AirError `AIR_CANCELLED` */
	readonly give: (found: Found) => void;
	/** Call it now and then while nothing is found for long. @throws AirError `AIR_CANCELLED` */
	readonly goOn: () => void;
}

export interface LedgerRun {
	/**
	 * The work for one item.
	 *
	 * @param session - of a key that AIR has accepted
	 * @param out - takes results one by one: there may be a million, which would block n8n if they came
	 *   at once
	 */
	readonly item: (session: LedgerSession, itemIndex: number, out: Output) => Promise<void>;
	/** It changes the ledger, so a person must decide. */
	readonly changes?: boolean;
}

/** The data of an n8n item. */
export const plain = (json: object) => JSON.parse(JSON.stringify(json)) as IDataObject;

/**
 * Runs an operation on the ledger for each item, one after another. Before each, AIR must have accepted
 * the key of the credential: somebody who merely knows a partner ID sees and changes nothing.
 *
 * @throws the error of the node, unless On Error lets the run go on
 */
export async function ledgerItems(
	context: IExecuteFunctions,
	{ item, changes = false }: LedgerRun,
): Promise<INodeExecutionData[][]> {
	const settingsFor = credentialSettings(context);
	const ledger = new RunLedger(context);
	const signal = cancelSignal(context);
	const items = context.getInputData().length;
	const output: INodeExecutionData[] = [];
	const goOn = () => {
		if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
	};
	const one = async (itemIndex: number): Promise<void> => {
		goOn();
		if (changes && isTool(context)) throw new AirError('AIR_LEDGER_NOT_FOR_TOOLS');
		assertAgentIsTold(context);
		const settings = await settingsFor(undefined);
		if (settings.ledger.store === 'off') throw new AirError('AIR_LEDGER_OFF');
		const session = await ledger.for(settings);
		await session.assertKeyAccepted(signal);
		const give = ({ json, binary }: Found) => {
			goOn();
			output.push({
				json,
				...(binary === undefined ? {} : { binary }),
				pairedItem: { item: itemIndex },
			});
		};
		await item(session, itemIndex, { give, goOn });
	};
	try {
		for (let itemIndex = 0; itemIndex < items; itemIndex++) {
			const before = output.length;
			try {
				await one(itemIndex);
			} catch (error) {
				if (!goesOnAfterFailure(context)) {
					throw nodeError(context.getNode(), error, itemIndex, items);
				}
				// All results of an item, or its failure.
				output.length = before;
				output.push(failedItem(error, itemIndex, context.getNode()));
			}
		}
	} finally {
		await ledger.end();
	}
	return [output];
}
