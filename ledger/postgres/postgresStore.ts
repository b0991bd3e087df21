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

/** Names of parameters, and the text with their places instead; each found once. */
const placed = new Map<string, { readonly text: string; readonly names: readonly string[] }>();

function placedIn(text: string) {
	const found = placed.get(text);
	if (found !== undefined) return found;
	const names = [...new Set(Array.from(text.matchAll(/\$(\w+)/g), ([, name = '']) => name))];
	const made = {
		text: text.replaceAll(/\$(\w+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`),
		names,
	};
	placed.set(text, made);
	return made;
}

/** A statement whose lists have one element each, with its values by their places: see `Dialect.single`. */
function single({ text, values }: Statement): [string, unknown[]] {
	const bound: Record<string, unknown> = {};
	for (const [index, value] of values.entries()) {
		const only = value !== null && typeof value === 'object' ? value[0] : value;
		if (typeof only === 'object') Object.assign(bound, only);
		else bound[index + 1] = only;
	}
	const made = placedIn(text);
	return [made.text, made.names.map((name) => bound[name] ?? null)];
}

async function run<T>(session: Session, operation: Operation<T>): Promise<T> {
	let step = operation.next();
	while (step.done !== true) {
		const statement = step.value;
		const { text, values } = statement;
		const sent = statement.single ? single(statement) : ([text, values.map(bind)] as const);
		const answer = session.send(...sent);
		if (!statement.ahead) await session.settled();
		step = operation.next(answer);
	}
	return step.value;
}

/**
 * A database of PostgreSQL as operations run on it: one transaction for each, which holds the rows that
 * it decides on; but items of many callers share one, see `Batches`.
 *
 * @param clockOffsetMs - added to the server's clock; for tests
 */
export function postgresStore(database: Database, clockOffsetMs: () => number = () => 0): Store {
	const transaction = async <T>(operation: () => Operation<T>, patience?: Patience): Promise<T> =>
		await database.transaction((session) => run(session, operation()), patience);
	return {
		dialect: postgresDialect(clockOffsetMs),
		read: async (operation) => await transaction(operation),
		write: async (operation) => await transaction(operation),
		sharing: <Item, Result>(operation: Shared<Item, Result>, missing: (item: Item) => Error) => {
			const batches = new Batches<Item, Result>({
				together: async (items) => await transaction(() => operation(items), BATCH),
				alone: async (item) => {
					const [result] = await transaction(() => operation([item]));
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
