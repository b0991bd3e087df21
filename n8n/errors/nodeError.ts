import {
	ExpressionError,
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { errorLink } from '../../errors/errorLink';
import { labelOf } from '../parameters/labels';
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

/**
 * An expression that n8n cannot evaluate, as an error with a code and advice like every other; n8n's
 * own words for it say neither the field nor what to do. Any other failure is given back.
 */
export function withCode(error: unknown): unknown {
	if (!(error instanceof ExpressionError)) return error;
	const { parameter } = error.context;
	const detail =
		typeof parameter === 'string' ? `${labelOf(parameter)}: ${error.message}` : error.message;
	return new AirError('AIR_EXPRESSION_FAILED', { detail: detail.replace(/\.$/, '') });
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
		// n8n's own error stays: the editor explains some of them by their context.
		const coded = withCode(error);
		const row = rowOf(itemIndex, items);
		const description =
			coded instanceof AirError ? linked(node, coded, note, row) : `${row}${note ?? ''}`.trim();
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

/** The fields of a failed item, besides those of its node. */
const OF_FAILURE = ['error', 'message', 'code', 'kind', 'retryable', 'httpStatus'];

/** The fields of an incoming item about its own failure, if it is a failed item of this package. */
export const failureFieldsOf = ({ code, kind }: IDataObject): readonly string[] =>
	typeof kind === 'string' && typeof code === 'string' && code.startsWith('AIR_') ? OF_FAILURE : [];

/**
 * The output item of a failure under Continue On Fail.
 *
 * @param rest - fields of the node, before `error`, `message` and the others
 */
export function failedItem(
	failure: unknown,
	itemIndex: number,
	node: INode,
	rest: IDataObject = {},
): INodeExecutionData {
	const error = withCode(failure);
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
