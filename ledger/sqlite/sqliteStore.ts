import type { Published } from '../sql/Published';
import type { Operation, Store } from '../sql/Session';
import type { Connection, Session } from './Connection';
import { GroupCommit } from './GroupCommit';
import { sqliteDialect } from './sqliteDialect';

/**
 * Runs an operation synchronously, so that nobody else is inside the transaction. It never waits, so
 * the clock is the same for it and for all who share the transaction.
 */
function run<T>({ rows, once }: Session, operation: Operation<T>, clock: string): T {
	let step = operation.next();
	while (step.done !== true) {
		const { text, values, single } = step.value;
		step = operation.next({ rows: text === clock ? once(text) : rows(text, values, single) });
	}
	return step.value;
}

/**
 * Runs operations on an SQLite database.
 *
 * @param clockOffsetMs - added to SQLite's clock; for tests
 * @param wal - closed with the store
 * @param published - what was published as revoked
 */
export function sqliteStore(
	connection: Connection,
	clockOffsetMs: () => number = () => 0,
	wal?: { close(): Promise<void> },
	published?: Published,
): Store {
	const group = new GroupCommit(connection);
	const dialect = sqliteDialect(clockOffsetMs);
	const { clock } = dialect;
	return {
		dialect,
		...(published === undefined ? {} : { published }),
		read: async (operation) => await connection.read((session) => run(session, operation(), clock)),
		write: async (operation) => await group.write((session) => run(session, operation(), clock)),
		// Callers share transactions anyway, by GroupCommit.
		sharing: (operation, missing) => async (item) =>
			await group.write((session) => {
				const [result] = run(session, operation([item]), clock);
				if (result === undefined) throw missing(item);
				return result;
			}),
		// Earlier data about the person is still in the WAL file beside the ledger.
		purge: async () => {
			await connection.pragma('PRAGMA wal_checkpoint(TRUNCATE)');
		},
		close: async () => {
			connection.close();
			await wal?.close();
		},
	};
}
