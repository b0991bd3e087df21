import type { Operation, Store } from '../sql/Session';
import type { Connection, Session } from './Connection';
import { GroupCommit } from './GroupCommit';
import { sqliteDialect } from './sqliteDialect';

/** Runs an operation in one turn, so that nobody else is inside the transaction. */
function run<T>(session: Session, operation: Operation<T>): T {
	let step = operation.next();
	while (step.done !== true)
		step = operation.next(session.rows(step.value.text, step.value.values));
	return step.value;
}

/**
 * A database of SQLite as operations run on it.
 *
 * @param clockOffsetMs - added to SQLite's clock; for tests
 * @param wal - closed with the store
 */
export function sqliteStore(
	connection: Connection,
	clockOffsetMs: () => number = () => 0,
	wal?: { close(): Promise<void> },
): Store {
	const group = new GroupCommit(connection);
	return {
		dialect: sqliteDialect(clockOffsetMs),
		read: async (operation) => await connection.read((session) => run(session, operation())),
		write: async (operation) => await group.write((session) => run(session, operation())),
		// Callers share transactions anyway, by GroupCommit.
		sharing: (operation, missing) => async (item) =>
			await group.write((session) => {
				const [result] = run(session, operation([item]));
				if (result === undefined) throw missing(item);
				return result;
			}),
		// What was written of the person before is still in the log that SQLite keeps beside the file.
		purge: async () => {
			await connection.pragma('PRAGMA wal_checkpoint(TRUNCATE)');
		},
		close: async () => {
			connection.close();
			await wal?.close();
		},
	};
}
