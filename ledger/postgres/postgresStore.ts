import { placedOnce, singleValues, type Placed } from '../sql/placed';
import {
	json,
	type Operation,
	type Shared,
	type Statement,
	type Store,
	type Value,
} from '../sql/Session';
import { Batches } from './Batches';
import type { Database, Patience, Session } from './Database';
import { postgresDialect } from './postgresDialect';

/** A batch waits no longer for a row lock; then each request is written on its own. */
const BATCH: Patience = { statementMs: 15_000, lockMs: 1_000 };

/** Records go as JSON, lists as arrays. */
const bind = (value: Value): unknown =>
	Array.isArray(value) && typeof value[0] === 'object' ? json(value) : value;

/** Statements whose lists have one element each, with placeholders; each is built once. */
const placed = new Map<string, Placed>();

function single({ text, values }: Statement): [string, unknown[]] {
	const made = placed.get(text) ?? placedOnce(text);
	placed.set(text, made);
	return [made.text, singleValues(made.names, values)];
}

/** @param prepared - whether its statements are few, and come often */
async function run<T>(session: Session, operation: Operation<T>, prepared: boolean): Promise<T> {
	let step = operation.next();
	while (step.done !== true) {
		const statement = step.value;
		const { text, values } = statement;
		const sent = statement.single ? single(statement) : ([text, values.map(bind)] as const);
		const answer = session.send(...sent, prepared);
		if (!statement.ahead) await session.settled();
		step = operation.next(answer);
	}
	return step.value;
}

/**
 * Runs operations on a PostgreSQL database: each in its own transaction, which locks the rows that it
 * decides on; but items of many callers share one, see `Batches`.
 *
 * @param clockOffsetMs - added to the server's clock; for tests
 */
export function postgresStore(database: Database, clockOffsetMs: () => number = () => 0): Store {
	const write = async <T>(operation: () => Operation<T>, patience?: Patience): Promise<T> =>
		await database.transaction((session) => run(session, operation(), true), patience);
	return {
		dialect: postgresDialect(clockOffsetMs),
		// Queries with filters have too many forms to be prepared.
		read: async (operation) =>
			await database.transaction((session) => run(session, operation(), false)),
		write: async (operation) => await write(operation),
		sharing: <Item, Result>(operation: Shared<Item, Result>, missing: (item: Item) => Error) => {
			const batches = new Batches<Item, Result>({
				together: async (items) => await write(() => operation(items), BATCH),
				alone: async (item) => {
					const [result] = await write(() => operation([item]));
					if (result === undefined) throw missing(item);
					return result;
				},
			});
			return async (item: Item) => await batches.write(item);
		},
		purge: async () => Promise.resolve(),
		close: async () => {
			await database.close();
		},
	};
}
