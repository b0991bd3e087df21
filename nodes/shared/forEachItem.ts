import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../air/AirError';
import { failedItem, nodeError } from './nodeError';

/** Aborted when the user cancels the execution; undefined where n8n has no such signal. */
export function cancelSignal(context: IExecuteFunctions): AbortSignal | undefined {
	return typeof context.getExecutionCancelSignal === 'function'
		? context.getExecutionCancelSignal()
		: undefined;
}

/**
 * Makes an item of what AIR answered. n8n takes a top-level `error` for a failure and would run the
 * whole node again (n8n-facts §2.9), so a field of that name is passed on as `airError`.
 */
function itemOf(answer: object, itemIndex: number): INodeExecutionData {
	const json = JSON.parse(JSON.stringify(answer)) as IDataObject;
	if ('error' in json) {
		json.airError = json.error;
		delete json.error;
	}
	return { json, pairedItem: { item: itemIndex } };
}

/**
 * Runs a node's work for each item, one after another: a failure becomes an item under Continue On
 * Fail and the error of the node otherwise; after a cancel nothing more is begun.
 *
 * @param work - does one item and returns the JSON of its output item
 * @param finish - called after the last item, however it went
 */
export async function forEachItem(
	context: IExecuteFunctions,
	work: (itemIndex: number, signal: AbortSignal | undefined) => Promise<object>,
	finish?: () => Promise<void>,
): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const signal = cancelSignal(context);
	const output: INodeExecutionData[] = [];
	const failures: string[] = [];
	try {
		for (let itemIndex = 0; itemIndex < items.length; itemIndex++) {
			try {
				// The engine's own retry loop begins anew after a cancel, too (n8n-facts §8.5).
				if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
				output.push(itemOf(await work(itemIndex, signal), itemIndex));
			} catch (error) {
				if (!context.continueOnFail()) {
					throw nodeError(context.getNode(), error, itemIndex, items.length);
				}
				failures.push(error instanceof Error ? error.message : String(error));
				output.push(failedItem(error, itemIndex));
			}
		}
	} finally {
		await finish?.();
	}
	hintAtFailures(context, failures, items.length);
	return [output];
}

function hintAtFailures(context: IExecuteFunctions, failures: string[], items: number): void {
	const [first] = failures;
	if (first === undefined || typeof context.addExecutionHints !== 'function') return;
	const kinds = new Set(failures).size;
	context.addExecutionHints({
		type: 'warning',
		location: 'outputPane',
		message:
			`${failures.length} of ${items === 1 ? '1 item' : `${items} items`} failed: ${first}` +
			`${kinds > 1 ? `, and ${kinds === 2 ? 'another reason' : `${kinds - 1} other reasons`}` : ''}. ` +
			'Each failed item says in “message” what to do.',
	});
}
