import type { LedgerRow } from '../../ledger/Ledger';
import { readArguments } from '../arguments';
import { PROGRAM, type Action } from '../Command';
import { csvLine } from '../csv';
import { UsageError } from '../errors';
import type { Io } from '../Io';
import { echo } from '../text';
import { CSV_COLUMNS, rowAsCells } from './fields';
import { JsonArray } from './JsonArray';
import { reading } from './open';
import { pages } from './pages';
import { PLACE_HELP, PLACE_OPTIONS, placeOf } from './place';
import { RECIPIENT_HELP, readRecipient } from './recipient';

const OPTIONS = {
	...PLACE_OPTIONS,
	recipient: { type: 'string' },
	format: { type: 'string', default: 'json' },
} as const;

/** `export` is a word of the language. */
export const exportRows: Action = {
	name: 'export',
	summary: 'all rows, or those of one person, as JSON or CSV',
	help: `Writes all rows to stdout, newest first. Changes nothing.

  ${PROGRAM} ledger export [options] [--file PATH | --url URL]

  --recipient EMAIL  only this person's, ${RECIPIENT_HELP}
  --format FORMAT    json (the default): an array, one row on each line
                     csv: for spreadsheets; what looks like a formula gets an
                     apostrophe, so take JSON where each character counts

The file holds personal data.

${PLACE_HELP}
`,
	run: async (args, io) => {
		const { values } = readArguments(args, OPTIONS);
		const place = placeOf(values, io.env);
		const recipient = values.recipient === undefined ? undefined : readRecipient(values.recipient);
		const writer = writerFor(values.format, io.stdout);
		await reading(place, async (ledger) => {
			await writer.begin();
			for await (const page of pages(ledger, { recipient })) await writer.add(page);
			await writer.end();
		});
		return 0;
	},
};

interface Writer {
	begin(): Promise<void>;
	add(rows: readonly LedgerRow[]): Promise<void>;
	end(): Promise<void>;
}

const nothing = async () => Promise.resolve();

/** @throws UsageError */
function writerFor(format: string, write: Io['stdout']): Writer {
	switch (format) {
		case 'json': {
			const array = new JsonArray(write);
			return { begin: nothing, add: (rows) => array.add(rows), end: () => array.end() };
		}
		case 'csv':
			return {
				begin: () => write(csvLine(CSV_COLUMNS)),
				add: (rows) => write(rows.map((row) => csvLine(rowAsCells(row))).join('')),
				end: nothing,
			};
		default:
			throw new UsageError(`--format: ${echo(format)} is neither json nor csv`);
	}
}
