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
 * Names the item among several, counted from 1 as people count rows. Not in the title, to which n8n
 * appends the item's index, from 0: two numbers for one row would confuse.
 */
const rowOf = (itemIndex: number, items: number) =>
	items > 1 ? `Row ${itemIndex + 1} of ${items}. ` : '';

/** Escapes text for HTML: text from AIR, a gateway or an item must not become markup, links or pictures. */
export const asHtml = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * The advice, with a link to the row of the error in the documentation; n8n shows a description as
 * HTML. A model that called a tool gets plain text without a link.
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

/** If a tool fails, newer agents of n8n show their model only the title. */
const toolWarning = (node: INode, { kind, facts }: AirError) =>
	node.type.endsWith('Tool') && kind === 'outcome-unknown' && facts.safeToRepeat !== true
		? '. Do not call this tool again for this person'
		: '';

/**
 * Turns a failure into the error that n8n shows: the title says what happened, the description names
 * the row and says what to do. Built from plain objects, because only then n8n keeps our texts.
 *
 * @param items - how many items there are; with several, the item is named
 * @param note - the end of the description: what became of the other items
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
 * The output item of a failure under Continue On Fail.
 *
 * @param rest - fields of the node, before `error`, `message` and the others
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
					// A loop must not send again what may already have been issued.
					retryable: error.retryable && error.kind !== 'outcome-unknown',
					...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
				}
			: // With an empty text, n8n would treat it as a success.
				{ error: (error instanceof Error ? error.message : String(error)) || 'Unknown failure' };
	const item = { json: { ...rest, ...json }, pairedItem: { item: itemIndex } };
	if (node.onError === 'continueErrorOutput') {
		// n8n treats an item with more keys as a success, unless it has `error`; but then n8n drops the
		// other keys. An `error` that is not copied with the item marks the failure without losing the
		// other keys (n8n-core, workflow-execute.js: handleNodeErrorOutput).
		Object.defineProperty(item, 'error', { value: { message: json.error } });
	}
	return item;
}
