import type { LedgerRow } from '../../ledger/Ledger';
import { Option, type Command } from 'commander';
import { command, type Call } from '../Command';
import { csvLine } from '../csv';
import type { Io } from '../Io';
import { CSV_COLUMNS, rowAsCells } from './csvRow';
import { JsonArray } from './JsonArray';
import { reading } from './open';
import { pages } from '../../issuance/ledger/pages';
import { placeOf, withPlace, type PlaceOptions } from './place';
import { otherSpellings, readRecipient, RECIPIENT_HELP } from './recipient';

const FORMATS = ['json', 'csv'] as const;

interface ExportOptions extends PlaceOptions {
	readonly recipient?: string;
	readonly format: (typeof FORMATS)[number];
}

/** `export` is a word of the language. */
export const exportRows = (call: Call): Command =>
	withPlace(command(call, 'export'))
		.summary('all rows, or those of one person, as JSON or CSV')
		.description(
			'Writes all rows to stdout, newest first. Changes nothing. The file holds personal data.',
		)
		.option('--recipient <EMAIL>', `only this person's, ${RECIPIENT_HELP}`, readRecipient)
		.addOption(
			new Option(
				'--format <FORMAT>',
				'json: an array, one row on each line. csv: for spreadsheets; what looks like a formula gets an apostrophe, so take JSON where each character counts',
			)
				.choices(FORMATS)
				.default('json'),
		)
		.action(async ({ recipient, format, ...where }: ExportOptions) => {
			const { io } = call;
			const place = placeOf(where, io.env);
			const writer = writerFor(format, io.stdout);
			await reading(place, async (ledger) => {
				await writer.begin();
				for await (const page of pages(ledger, { recipient })) await writer.add(page);
				await writer.end();
				if (recipient === undefined) return;
				const others = await otherSpellings(ledger, recipient);
				if (others !== '') await io.stderr(`Other spellings, which are not in it: ${others}.\n`);
			});
		});

interface Writer {
	begin(): Promise<void>;
	add(rows: readonly LedgerRow[]): Promise<void>;
	end(): Promise<void>;
}

const nothing = async () => Promise.resolve();

function writerFor(format: ExportOptions['format'], write: Io['stdout']): Writer {
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
	}
}
