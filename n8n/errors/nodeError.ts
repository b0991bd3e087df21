import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { errorLink } from '../../errors/errorLink';
import { keepMessage } from './keepMessage';

/**
 * Which of several items it is, counted from 1 as people count rows. Not in the title: n8n ends that
 * with the index of the item, from 0, and two numbers for one row confuse.
 */
const rowOf = (itemIndex: number, items: number) =>
	items > 1 ? `Row ${itemIndex + 1} of ${items}. ` : '';

/** As text in HTML: words of AIR, of a gateway or of an item must not become marks, links or pictures. */
export const asHtml = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * The advice, with a link to the row of the error in the documentation; n8n shows a description as
 * HTML. A model that called a tool gets plain text, and has no use for a link.
 */
export function linked(
	node: INode,
	{ code, description }: AirError,
	note?: string,
	row = '',
): string {
	const text = note === undefined ? `${row}${description}` : `${row}${description} ${note}`;
	return node.type.endsWith('Tool')
		? text
		: `${asHtml(text)} <a href="${errorLink(code)}" target="_blank">More about ${code}</a>`;
}

/** Of a failed tool the newer agents of n8n tell their model the title only. */
const toolWarning = (node: INode, { kind, facts }: AirError) =>
	node.type.endsWith('Tool') && kind === 'outcome-unknown' && facts.safeToRepeat !== true
		? '. Do not call this tool again for this person'
		: '';

/**
 * Turns a failure into the error that n8n shows: the title says what happened, the description
 * to which row, and what to do. Built from plain objects, because n8n keeps our words only then.
 *
 * @param items - how many items there are, to name one among them
 * @param note - ends the description: what became of the others
 */
export function nodeError(
	node: INode,
	error: unknown,
	itemIndex: number,
	items: number,
	{ note }: { readonly note?: string | undefined } = {},
) {
	if (!(error instanceof AirError)) {
		const description = `${rowOf(itemIndex, items)}${note ?? ''}`.trim();
		return new NodeOperationError(node, error instanceof Error ? error : new Error(String(error)), {
			itemIndex,
			...(description === '' ? {} : { description }),
		});
	}
	const message = keepMessage(error.message) + toolWarning(node, error);
	const { httpStatus } = error;
	const description = linked(node, error, note, rowOf(itemIndex, items));
	if (error.kind === 'input' || error.kind === 'cancelled') {
		return new NodeOperationError(node, message, { description, itemIndex });
	}
	const httpCode = httpStatus === undefined ? undefined : String(httpStatus);
	return new NodeApiError(
		node,
		{ message, ...(httpCode === undefined ? {} : { httpCode }) },
		{
			message,
			description,
			itemIndex,
			...(httpCode === undefined ? {} : { httpCode }),
		},
	);
}

/**
 * The item that a failure leaves behind under Continue On Fail.
 *
 * @param rest - what the node says of it before `error`, `message` and the rest
 */
export function failedItem(
	error: unknown,
	itemIndex: number,
	node: INode,
	rest: IDataObject = {},
): INodeExecutionData {
	const json: IDataObject =
		error instanceof AirError
			? {
					error: `${error.message}${toolWarning(node, error)}`,
					message: error.description,
					code: error.code,
					kind: error.kind,
					// Nobody's loop may send again what may already have been issued.
					retryable: error.retryable && error.kind !== 'outcome-unknown',
					...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
				}
			: // Without words n8n would take it for a success.
				{ error: (error instanceof Error ? error.message : String(error)) || 'Unknown failure' };
	const item = { json: { ...rest, ...json }, pairedItem: { item: itemIndex } };
	if (node.onError === 'continueErrorOutput') {
		// n8n takes an item with further keys for a success, unless it has `error`, for which n8n then
		// throws the other keys away. One that is not copied along with the item does the former without
		// the latter (n8n-core, workflow-execute.js: handleNodeErrorOutput).
		Object.defineProperty(item, 'error', { value: { message: json.error } });
	}
	return item;
}
