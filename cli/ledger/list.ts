import { ROW_STATES, type LedgerRow, type RowState } from '../../ledger/Ledger';
import { readArguments, readCount } from '../arguments';
import { PROGRAM, type Action } from '../Command';
import { UsageError } from '../errors';
import { table } from '../table';
import { echo, rows as rowsInWords } from '../text';
import { since } from './fields';
import { JsonArray } from './JsonArray';
import { reading } from './open';
import { pages } from './pages';
import { PLACE_HELP, PLACE_OPTIONS, placeOf } from './place';
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

const OPTIONS = {
	...PLACE_OPTIONS,
	state: { type: 'string', multiple: true },
	recipient: { type: 'string' },
	execution: { type: 'string' },
	unanswered: { type: 'boolean' },
	limit: { type: 'string' },
	json: { type: 'boolean' },
} as const;

export const list: Action = {
	name: 'list',
	summary: 'the rows, newest first; by state, recipient or execution',
	help: `Lists rows, newest first. Changes nothing.

  ${PROGRAM} ledger list [options] [--file PATH | --url URL]

  --state STATE[,STATE…]  only these: ${ROW_STATES.slice(0, 4).join(', ')},
                          ${ROW_STATES.slice(4).join(', ')}
  --recipient EMAIL       only this person's, ${RECIPIENT_HELP}
  --execution ID          only what this execution of n8n asked for last; the ID is in the
                          address of its page
  --unanswered            only what was begun and never answered: unknown, and sending
                          by an n8n that ended meanwhile
  --limit N               at most so many (${LIMIT})
  --json                  a JSON array instead of a table, with all that a row holds

${PLACE_HELP}
`,
	run: async (args, io) => {
		const { values } = readArguments(args, OPTIONS);
		const place = placeOf(values, io.env);
		const limit = values.limit === undefined ? LIMIT : readCount('--limit', values.limit);
		const filter = {
			states: values.state === undefined ? undefined : readStates(values.state),
			recipient: values.recipient === undefined ? undefined : readRecipient(values.recipient),
			executionId: values.execution === undefined ? undefined : readExecution(values.execution),
			unanswered: values.unanswered,
		};
		const found: LedgerRow[] = [];
		await reading(place, async (ledger) => {
			// One more than is shown tells whether there are more.
			for await (const page of pages(ledger, { ...filter, limit: limit + 1 })) {
				found.push(...page);
			}
		});
		const shown = found.slice(0, limit);
		if (values.json === true) {
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
		return 0;
	},
};

/** @throws UsageError */
function readExecution(given: string): string {
	const id = given.trim();
	if (id === '') throw new UsageError('--execution is empty');
	return id;
}

/** @throws UsageError */
function readStates(given: readonly string[]): RowState[] {
	return given
		.flatMap((words) => words.split(','))
		.map((word) => {
			const state = ROW_STATES.find((known) => known === word.trim());
			if (state !== undefined) return state;
			throw new UsageError(
				`--state: there is no state ${echo(word)}; there are: ${ROW_STATES.join(', ')}`,
			);
		});
}
