import { ROW_STATES, type LedgerRow, type RowState } from '../../ledger/Ledger';
import type { Command } from 'commander';
import { command, notEmpty, wholeNumber, type Call } from '../Command';
import { UsageError } from '../errors';
import { table } from '../table';
import { echo, rows as rowsInWords } from '../text';
import { since } from '../../issuance/ledger/rowFields';
import { JsonArray } from './JsonArray';
import { reading } from './open';
import { pages } from '../../issuance/ledger/pages';
import { placeOf, withPlace, type PlaceOptions } from './place';
import { RECIPIENT_HELP, readRecipient } from './recipient';

const LIMIT = 50;

/** By this machine's clock, which hardly matters: it says why a row is listed, and decides nothing. */
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
	readonly recipient?: string;
	readonly program?: string;
	readonly reference?: string;
	readonly eventId?: string;
	readonly execution?: string;
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
			(given: string, before: readonly RowState[] | undefined) => [
				...(before ?? []),
				...readStates(given),
			],
		)
		.option('--recipient <EMAIL>', `only this person's, ${RECIPIENT_HELP}`, readRecipient)
		.option('--program <ID>', 'only of this issuance program', notEmpty('--program'))
		.option('--reference <TEXT>', 'only with this reference', notEmpty('--reference'))
		.option('--event-id <ID>', 'only what this event ID asked for', notEmpty('--event-id'))
		.option(
			'--execution <ID>',
			'only what this execution of n8n asked for last; the ID is in the address of its page',
			notEmpty('--execution'),
		)
		.option(
			'--unanswered',
			'only what was begun and never answered: unknown, and sending by an n8n that ended meanwhile',
		)
		.option('--limit <N>', 'at most this many', wholeNumber('--limit'), LIMIT)
		.option('--json', 'a JSON array instead of a table, with all that a row holds')
		.action(async (options: ListOptions) => {
			const { state, recipient, program, reference, eventId, ...others } = options;
			const { execution, unanswered, limit, json, ...where } = others;
			const { io } = call;
			const place = placeOf(where, io.env);
			const idempotencyKey = eventId === undefined ? undefined : `event:${eventId}`;
			const filter = {
				...{ states: state, recipient, program, reference, idempotencyKey },
				...{ executionId: execution?.trim(), unanswered },
			};
			const found: LedgerRow[] = [];
			await reading(place, async (ledger) => {
				// One more than is shown tells whether there are more.
				for await (const page of pages(ledger, { ...filter, limit: limit + 1 })) {
					found.push(...page);
				}
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
				await io.stderr(`Only the newest ${rowsInWords(limit)}; there are more: raise --limit.\n`);
			}
		});

/** @throws UsageError */
function readStates(given: string): RowState[] {
	return given.split(',').map((word) => {
		const state = ROW_STATES.find((known) => known === word.trim());
		if (state !== undefined) return state;
		throw new UsageError(
			`--state: there is no state ${echo(word)}; there are: ${ROW_STATES.join(', ')}`,
		);
	});
}
