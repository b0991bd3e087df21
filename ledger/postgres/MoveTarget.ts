import { LedgerError } from '../LedgerError';
import type { Batch, Key, MovedTable } from '../move/moved';
import { readConnectionUrl } from './connectionUrl';
import { Database, type Session } from './Database';
import { MOVING_IN } from './failure';
import { LOCK_CLASS } from './postgresDialect';
import { isMoving } from './moving';
import { makeTables } from './tables';

const MOVE_LOCK = 3;

/** Tells the database's triggers, until the transaction ends, that the move itself is writing. */
const AS_MOVE = "SELECT set_config('moca_air.moving', 'yes', true)";

const REFUSE = `CREATE OR REPLACE FUNCTION refuse_while_moving() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF current_setting('moca_air.moving', true) IS DISTINCT FROM 'yes' THEN
			RAISE EXCEPTION USING ERRCODE = '${MOVING_IN}', MESSAGE = 'a ledger is being moved in';
		END IF;
		RETURN NULL;
	END $$`;

const HOLDS_ROWS = 'the PostgreSQL ledger holds rows already; a ledger is moved into an empty one';

/** All writers were refused since that move began, so nothing is lost with the schema. */
const HALF_MOVED =
	'a move into this database was begun from another file, or from this one before it was put back: finish it with that file; or, if its rows are all in this one, drop the schema moca_air, into which nobody else has written, and move again';

/** The state of a target for a ledger that is to be moved into it. */
export type Claim = 'new' | 'resumed' | 'finished';

const first = async <T>({ rows }: Session, text: string, values: readonly unknown[] = []) =>
	(await rows<{ value: T }>(text, values))[0]?.value;

/** The PostgreSQL tables into which a ledger is moved. */
export class MoveTarget {
	private constructor(private readonly database: Database) {}

	/** Connects, and makes the tables if there are none. @throws LedgerError */
	static async open(url: string): Promise<MoveTarget> {
		const database = await Database.open(readConnectionUrl(url));
		try {
			await makeTables(database);
		} catch (error) {
			await database.close();
			throw error;
		}
		return new MoveTarget(database);
	}

	/** Whether the ledger is here already, wholly or in part; 'new' if it is not. Read-only. */
	async found(ledgerId: string): Promise<Claim> {
		return await this.database.transaction((session) => found(session, ledgerId));
	}

	/**
	 * Reserves the tables for this ledger, and gives them its ID, which is part of event IDs. All other
	 * writers are refused until {@link finish}.
	 *
	 * @param begun - rows of this ledger may have arrived already
	 * @throws LedgerError LEDGER_NOT_WRITABLE if they hold other rows
	 */
	async claim(ledgerId: string, tables: readonly MovedTable[], begun: boolean): Promise<Claim> {
		return await this.database.transaction(async (session) => {
			const { rows } = session;
			await rows('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, MOVE_LOCK]);
			const known = await found(session, ledgerId);
			// No move of this file was begun, or it was restored from a backup: so it has not arrived.
			const before = known === 'finished' && !begun ? 'new' : known;
			if (before === 'new') {
				if (await isMoving(session)) throw new LedgerError('LEDGER_NOT_WRITABLE', HALF_MOVED);
				await refuseOthers(session, tables);
			}
			if (before === 'new' || !begun) {
				await assertEmpty(session, tables, before === 'resumed' ? HALF_MOVED : HOLDS_ROWS);
			}
			if (before !== 'new') return before;
			await rows('UPDATE identity SET id = $1', [ledgerId]);
			return 'new';
		});
	}

	/** Where to continue: the key of the last row that has arrived; undefined to begin with the first. */
	async arrived({ name, columns, key }: MovedTable): Promise<Key | undefined> {
		// The two stores sort texts differently, so such tables are copied again; a row that exists already
		// changes nothing.
		if (key.some((column) => columns[column] !== 'INTEGER')) return undefined;
		const backwards = key.map((column) => `${column} DESC`).join(', ');
		const [last] = await this.database.transaction(({ rows }) =>
			rows<Record<string, number>>(
				`SELECT ${key.join(', ')} FROM ${name} ORDER BY ${backwards} LIMIT 1`,
			),
		);
		return last && key.map((column) => last[column] ?? 0);
	}

	/** Inserts rows; those that exist already stay unchanged. */
	async take({ name, columns }: MovedTable, { records }: Batch): Promise<void> {
		const types = Object.entries(columns).map(
			([column, type]) => `${column} ${type === 'INTEGER' ? 'bigint' : 'text'}`,
		);
		const names = Object.keys(columns).join(', ');
		await this.database.transaction(async ({ rows }) => {
			await rows(AS_MOVE);
			await rows(
				`INSERT INTO ${name} (${names}) OVERRIDING SYSTEM VALUE
				SELECT ${names}
				FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS moved (${types.join(', ')})
				ON CONFLICT DO NOTHING`,
				[records],
			);
		});
	}

	/**
	 * Opens the tables to all writers. IDs continue above the highest that was ever assigned.
	 *
	 * @throws LedgerError LEDGER_UNAVAILABLE if rows are missing
	 */
	async finish(tables: readonly MovedTable[]): Promise<void> {
		await this.database.transaction(async (session) => {
			const { rows } = session;
			await rows('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, MOVE_LOCK]);
			for (const { name, rows: sent, lastId = 0 } of tables) {
				const count = await first<number>(session, `SELECT count(*) AS value FROM ${name}`);
				if (count !== sent) {
					const detail = `${count ?? 0} of ${sent} ${name} have arrived; nothing was finished`;
					throw new LedgerError('LEDGER_UNAVAILABLE', detail);
				}
				if (lastId > 0) {
					await rows(
						`SELECT setval(pg_get_serial_sequence('moca_air.${name}', 'id'), $1::bigint)`,
						[lastId],
					);
				}
				await rows(`DROP TRIGGER moving ON ${name}`);
			}
			await rows('DROP FUNCTION refuse_while_moving()');
		});
	}

	async close(): Promise<void> {
		await this.database.close();
	}
}

/** Waits for current writers; all later ones are refused. */
async function refuseOthers({ rows }: Session, tables: readonly MovedTable[]): Promise<void> {
	await rows(REFUSE);
	for (const { name } of tables) {
		await rows(
			`CREATE TRIGGER moving BEFORE INSERT OR UPDATE OR DELETE ON ${name}
			FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_moving()`,
		);
	}
}

/** @param detail - why not, if it holds rows */
async function assertEmpty(
	session: Session,
	tables: readonly MovedTable[],
	detail: string,
): Promise<void> {
	for (const { name } of tables) {
		const holds = await first(session, `SELECT EXISTS (SELECT FROM ${name}) AS value`);
		if (holds === true) throw new LedgerError('LEDGER_NOT_WRITABLE', detail);
	}
}

async function found(session: Session, ledgerId: string): Promise<Claim> {
	const id = await first(session, 'SELECT id AS value FROM identity LIMIT 1');
	if (id !== ledgerId) return 'new';
	return (await isMoving(session)) ? 'resumed' : 'finished';
}
