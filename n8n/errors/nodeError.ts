import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { errorLink } from '../../errors/errorLink';
import { ownWords } from './ownWords';

/** Items are counted from 1, as people do. */
const titled = (error: Error, itemIndex: number, items: number) =>
	ownWords(items > 1 ? `${error.message} (item ${itemIndex + 1} of ${items})` : error.message);

/** As text in HTML: words of AIR, of a gateway or of an item must not become marks, links or pictures. */
export const asHtml = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * The advice, with a link to the row of the error in the documentation; n8n shows a description as
 * HTML. A model that called a tool gets plain text, and has no use for a link.
 */
export function linked(node: INode, { code, description }: AirError, note?: string): string {
	const text = note === undefined ? description : `${description} ${note}`;
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
 * Turns a failure into the error that n8n shows: the title says what happened and to which item,
 * the description what to do. Built from plain objects, because n8n keeps our words only then
 *.
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
		return new NodeOperationError(node, error instanceof Error ? error : new Error(String(error)), {
			itemIndex,
			...(note === undefined ? {} : { description: note }),
		});
	}
	const message = titled(error, itemIndex, items) + toolWarning(node, error);
	const { httpStatus } = error;
	const description = linked(node, error, note);
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
 * @param rest - what the node says of it beside `error`, `message` and `details`
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
					details: {
						code: error.code,
						kind: error.kind,
						httpStatus: error.httpStatus ?? null,
						airMessage: error.airMessage ?? null,
						documentation: errorLink(error.code),
						// Nobody's loop may send again what may already have been issued.
						retryable: error.retryable && error.kind !== 'outcome-unknown',
					},
				}
			: // Without words n8n would take it for a success.
				{ error: (error instanceof Error ? error.message : String(error)) || 'Unknown failure' };
	const item = { json: { ...json, ...rest }, pairedItem: { item: itemIndex } };
	if (node.onError === 'continueErrorOutput') {
		// n8n takes an item with further keys for a success, unless it has `error`, for which n8n then
		// throws the other keys away. One that is not copied along with the item does the former without
		// the latter (n8n-core, workflow-execute.js: handleNodeErrorOutput).
		Object.defineProperty(item, 'error', { value: { message: json.error } });
	}
	return item;
}
