import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { summarize } from '../../../issuance/ledger/summary';
import { summaryHtml } from '../../../issuance/ledger/summaryHtml';
import type { LedgerSession } from '../../../issuance/session/LedgerSession';
import { plainText, trueOrFalse, wholeNumberFrom } from '../../../n8n/parameters/settingInvalid';
import type { Operation } from '../Operation';
import { readFields } from '../ledgerRun/fields';
import { ledgerItems, plain, type Found } from '../ledgerRun/ledgerItems';

const FILE_NAME = 'moca-air-summary.html';

const properties: INodeProperties[] = [
	{
		displayName: 'Days',
		name: 'days',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 3650 },
		default: 30,
		description: 'How many days to look back, today included. Days are those of UTC.',
	},
	{
		displayName: 'Also as a File',
		name: 'asFile',
		type: 'boolean',
		default: false,
		description: 'Whether to give the HTML as a file, too, e.g. to attach or to upload',
	},
	{
		displayName: 'Put Output in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		displayOptions: { show: { asFile: [true] } },
		hint: 'The name of the output binary field to put the file in',
	},
];

const shape = {
	days: wholeNumberFrom(1, 3650, 'days').default(30),
	asFile: trueOrFalse().default(false),
};

const fileShape = {
	binaryPropertyName: plainText().trim().min(1, 'is empty').default('data'),
};

async function item(
	context: IExecuteFunctions,
	session: LedgerSession,
	itemIndex: number,
): Promise<Found> {
	const { days, asFile } = readFields(context, properties, shape, itemIndex);
	// By this machine's clock, which is near enough for a summary by days.
	const summary = await summarize(session, { days, now: Date.now() });
	const html = summaryHtml(summary);
	const json = plain({ ...summary, html });
	if (!asFile) return { json };
	const field = readFields(context, properties, fileShape, itemIndex).binaryPropertyName;
	const file = Buffer.from(`<!doctype html><meta charset="utf-8">${html}\n`);
	const data = await context.helpers.prepareBinaryData(file, FILE_NAME, 'text/html');
	return { json, binary: { [field]: data } };
}

/** Counts what was issued, as data and as HTML for a mail. */
export const getSummary: Operation = {
	option: {
		name: 'Summary',
		value: 'summary',
		description: 'Count issuances by state, program and day, with HTML for a mail',
		action: 'Get a summary of issuances',
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			item: async (session, itemIndex, { give }) => {
				give(await item(context, session, itemIndex));
			},
		}),
};
