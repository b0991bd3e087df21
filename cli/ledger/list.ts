import {
	ROW_OUTCOMES,
	ROW_STATES,
	type LedgerRow,
	type RowOutcome,
	type RowState,
	type Sort,
	type WayOfIssuing,
} from '../../ledger/Ledger';
import { Option, type Command } from 'commander';
import { command, notEmpty, wholeNumber, type Call } from '../Command';
import { UsageError } from '../errors';
import { table } from '../table';
import { echo, rows as rowsInWords } from '../text';
import { keyOfEvent, since } from '../../issuance/ledger/rowFields';
import { isDay } from '../../issuance/subject/values/dates';
import { JsonArray } from './JsonArray';
import { reading } from './open';
import { pages, type RowFilter } from '../../issuance/ledger/pages';
import { placeOf, withPlace, type PlaceOptions } from './place';
import { otherSpellings, readRecipient, RECIPIENT_HELP } from './recipient';

const LIMIT = 50;

/** By this machine's clock, which is good enough: it only says why a row is listed. */
const reasonOf = ({ state, leaseUntil, reason }: LedgerRow) =>
	state === 'sending' && leaseUntil !== null && leaseUntil <= Date.now()
		? 'never answered'
		: (reason ?? '');

const COLUMNS: Readonly<Record<string, (row: LedgerRow) => string>> = {
	ROW: ({ id }) => String(id),
	STATE: ({ state }) => state,
	SINCE: since,
	RECIPIENT: ({ recipient }) => recipient,
	PROGRAM: ({ program }) => program,
	REFERENCE: ({ reference }) => reference ?? '',
	CORECLAIMHASH: ({ coreClaimHash }) => coreClaimHash ?? '',
	ATTEMPTS: ({ attempts }) => String(attempts.length),
	REASON: reasonOf,
	WORKFLOW: ({ workflowId }) => workflowId,
	EXECUTION: ({ executionId }) => executionId,
};

interface ListOptions extends PlaceOptions {
	readonly state?: readonly RowState[];
	readonly outcome?: readonly RowOutcome[];
	readonly recipient?: string;
	readonly anySpelling?: boolean;
	readonly way?: WayOfIssuing;
	readonly program?: string;
	readonly reference?: string;
	readonly eventId?: string;
	readonly externalId?: string;
	readonly execution?: string;
	readonly since?: number;
	readonly until?: number;
	readonly sort: Sort;
	readonly unanswered?: boolean;
	readonly limit: number;
	readonly json?: boolean;
}

export const list = (call: Call): Command =>
	withPlace(command(call, 'list'))
		.summary('the rows, newest first; by state, recipient, event and more')
		.description('Lists rows, newest first. Changes nothing.')
		.option(
			'--state <STATE[,STATE…]>',
			`only these: ${ROW_STATES.join(', ')}`,
			choices('--state', 'state', ROW_STATES),
		)
		.option(
			'--outcome <OUTCOME[,OUTCOME…]>',
			`only what became of it: ${ROW_OUTCOMES.join(', ')}`,
			choices('--outcome', 'outcome', ROW_OUTCOMES),
		)
		.option('--recipient <EMAIL>', `only this person's, ${RECIPIENT_HELP}`, readRecipient)
		.option('--any-spelling', 'with --recipient: upper and lower case do not count')
		.addOption(
			new Option('--way <WAY>', 'only what was issued in this way').choices([
				'on-behalf',
				'direct',
			]),
		)
		.option(
			'--program <ID>',
			'only of this issuance program; or, issued directly, of this type (vct)',
			text('--program'),
		)
		.option('--reference <TEXT>', 'only with this reference', text('--reference'))
		.option('--event-id <ID>', 'only what this event ID asked for', text('--event-id'))
		.option(
			'--external-id <ID>',
			'only the credential with this ID, issued directly',
			text('--external-id'),
		)
		.option(
			'--execution <ID>',
			'only what this execution of n8n asked for last; the ID is in the address of its page',
			text('--execution'),
		)
		.option(
			'--unanswered',
			'only what was begun and never answered: unknown, and sending by an n8n that ended meanwhile',
		)
		.option(
			'--since <TIME>',
			'only what was begun at this time or later, such as 2026-11-29 or 2026-11-29T14:00:00Z (UTC)',
			readTime('--since'),
		)
		.option('--until <TIME>', 'only what was begun before this time', readTime('--until'))
		.addOption(
			new Option('--sort <ORDER>', 'which come first')
				.choices(['newest', 'oldest'])
				.default('newest'),
		)
		.option('--limit <N>', 'at most this many', wholeNumber('--limit'), LIMIT)
		.option('--json', 'a JSON array instead of a table, with all that a row holds')
		.action(async (options: ListOptions) => {
			const { limit, json, sort, ...others } = options;
			const { state, outcome, recipient, anySpelling, way, program, reference, ...rest } = others;
			const { eventId, externalId, execution, since: from, until, unanswered, ...where } = rest;
			if (anySpelling === true && recipient === undefined) {
				throw new UsageError('--any-spelling goes with --recipient');
			}
			if (from !== undefined && until !== undefined && from >= until) {
				throw new UsageError('--since must be earlier than --until');
			}
			const { io } = call;
			const place = placeOf(where, io.env);
			const filter: RowFilter = {
				...{ states: state, outcomes: outcome, way, program, reference, externalId, unanswered },
				...(anySpelling === true ? { recipientInAnySpelling: recipient } : { recipient }),
				...{ executionId: execution, createdFrom: from, createdBefore: until, sort },
				idempotencyKey: eventId === undefined ? undefined : keyOfEvent(eventId),
			};
			const found: LedgerRow[] = [];
			let spellings = '';
			await reading(place, async (ledger) => {
				// One more than is shown, to see whether there are more.
				for await (const page of pages(ledger, { ...filter, limit: limit + 1 })) {
					found.push(...page);
				}
				if (recipient === undefined || anySpelling === true) return;
				spellings = await otherSpellings(ledger, recipient);
			});
			const shown = found.slice(0, limit);
			if (json === true) {
				const array = new JsonArray(io.stdout);
				await array.add(shown);
				await array.end();
			} else if (shown.length === 0) {
				await io.stderr('No rows.\n');
			} else {
				const columns = Object.values(COLUMNS);
				await io.stdout(
					table(
						Object.keys(COLUMNS),
						shown.map((row) => columns.map((column) => column(row))),
					),
				);
			}
			if (found.length > limit) {
				await io.stderr(`Only the ${sort} ${rowsInWords(limit)}; there are more: raise --limit.\n`);
			}
			if (spellings !== '') {
				await io.stderr(`Other spellings, for --any-spelling: ${spellings}.\n`);
			}
		});

/** Reads an ID as the nodes do: blanks around it do not count. */
const text = (option: string) => (given: string) => notEmpty(option)(given).trim();

/** Reads words of a list, given in one option or in several. */
function choices<Word extends string>(option: string, what: string, known: readonly Word[]) {
	return (given: string, before: readonly Word[] | undefined): Word[] => [
		...(before ?? []),
		...given.split(',').map((word) => {
			const found = known.find((one) => one === word.trim());
			if (found !== undefined) return found;
			throw new UsageError(
				`${option}: there is no ${what} ${echo(word)}; there are: ${known.join(', ')}`,
			);
		}),
	];
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/i;

/** A time in ISO 8601; in UTC where it names no zone. @returns milliseconds since 1970 */
function readTime(option: string) {
	return (given: string): number => {
		const text = given.trim();
		const zoned = text.length > 10 && !/(?:Z|[+-]\d{2}:\d{2})$/i.test(text) ? `${text}Z` : text;
		// JavaScript turns 30 February into 2 March.
		const isTime = TIME.test(text) && isDay(text.slice(0, 10));
		const at = isTime ? Date.parse(zoned) : Number.NaN;
		if (!Number.isNaN(at)) return at;
		throw new UsageError(
			`${option}: ${echo(given)} is not a date and time such as 2026-11-29 or 2026-11-29T14:00:00Z`,
		);
	};
}
