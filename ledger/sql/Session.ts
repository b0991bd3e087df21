import type { Dialect } from './Dialect';
import type { Published } from './Published';

type Scalar = string | number | null;

/** In place of a row of a table, by column: see `Dialect.records`. */
export type RowRecord = Readonly<Record<string, Scalar>>;

/** What a statement may be given: a list is one value, see `Dialect.oneOf` and `Dialect.records`. */
export type Value = Scalar | readonly string[] | readonly number[] | readonly RowRecord[];

/** One statement, the same text for both stores; its values are `$1`, `$2`, … */
export interface Statement {
	readonly text: string;
	readonly values: readonly Value[];
	/** Its lists have one element each, and it is written for that: see `Dialect.single`. */
	readonly single: boolean;
	/** Nobody needs the answer before the next one that is waited for. */
	readonly ahead: boolean;
}

/** What a statement gives: nothing yet if it was sent ahead, until a later one was waited for. */
export interface Answer {
	readonly rows: unknown[] | undefined;
}

/**
 * An operation of the ledger: yields statements, is given their rows, and returns its result.
 *
 * It runs inside one transaction, in one turn of the event loop on SQLite, and awaited statement by
 * statement on PostgreSQL. It may run more than once, so it has no other effect than its statements.
 */
export type Operation<T> = Generator<Statement, T, Answer>;

/** A statement, or a part of one, that is put together for a dialect. */
export type TextFor = string | ((dialect: Dialect) => string);

/** Runs one statement. @returns its rows, with the names that the statement gives its columns */
export function* rows<Row>(text: string, ...values: readonly Value[]): Operation<Row[]> {
	return read<Row>(yield { text, values, single: false, ahead: false });
}

/** The rows of a statement, as its columns are named; of one sent {@link ahead}, once a later one was waited for. */
export function read<Row>({ rows: found }: Answer): Row[] {
	if (found === undefined) throw new Error('a statement was sent ahead and not waited for');
	return found as Row[];
}

const isSingle = (value: Value) =>
	value === null || typeof value !== 'object' || value.length === 1;

/** The same for a statement that is not the same for all dialects: see {@link forDialect}. */
export function* rowsFor<Row>(
	dialect: Dialect,
	textFor: (dialect: Dialect) => string,
	...values: readonly Value[]
): Operation<Row[]> {
	return read<Row>(yield statementFor(dialect, textFor, values, false));
}

function statementFor(
	dialect: Dialect,
	textFor: (dialect: Dialect) => string,
	values: readonly Value[],
	ahead: boolean,
): Statement {
	const single = dialect.single !== undefined && values.every(isSingle);
	return { text: textFor(single ? (dialect.single ?? dialect) : dialect), values, single, ahead };
}

/**
 * A statement whose rows are needed later or not at all: on PostgreSQL it shares a round trip with the
 * next one that is waited for, or with the commit. Statements run in the order in which they are sent,
 * and if one fails, so does the transaction.
 *
 * @example
 * ```ts
 * const locked = yield ahead(dialect, LOCK, ids);
 * const now = yield* clock(dialect);
 * const found = read<{ id: number }>(locked);
 * ```
 */
export const ahead = (dialect: Dialect, textFor: TextFor, ...values: readonly Value[]): Statement =>
	statementFor(dialect, typeof textFor === 'string' ? () => textFor : textFor, values, true);

/**
 * Reads the store's clock. To be asked when the locks are held: a clock that is read by the statement
 * that waits for a lock can be as old as the wait.
 *
 * @returns milliseconds since 1970
 */
export function* clock({ clock: text, clockOffsetMs }: Dialect): Operation<number> {
	const [found] = yield* rows<{ now: number }>(text);
	if (found === undefined) throw new Error('the store did not tell its time');
	return found.now + clockOffsetMs();
}

/** A time so many milliseconds later; the stores keep whole ones. */
export const later = (at: number, ms: number) => Math.trunc(at + ms);

/** Half of a surrogate pair becomes U+FFFD, as the stores themselves do it outside of JSON. */
const wellFormed = (_: string, value: unknown) =>
	typeof value === 'string' ? value.toWellFormed() : value;

/** Records, or a list, as one value. */
export const json = (value: readonly unknown[]): string => JSON.stringify(value, wellFormed);

/** The text for a dialect. */
export const textOf = (text: TextFor, dialect: Dialect) =>
	typeof text === 'string' ? text : text(dialect);

/** A text that depends on the dialect, put together once: it is as long as the row is quick to read. */
export function forDialect(build: (dialect: Dialect) => string): (dialect: Dialect) => string {
	const built = new WeakMap<Dialect, string>();
	return (dialect) => {
		const found = built.get(dialect) ?? build(dialect);
		built.set(dialect, found);
		return found;
	};
}

/** A writer of many items: undefined for an item that has to be written in a transaction of its own. */
export type Shared<Item, Result> = (items: readonly Item[]) => Operation<(Result | undefined)[]>;

/** Where operations run: a database and its transactions. */
export interface Store {
	readonly dialect: Dialect;
	/** Runs an operation that only reads, on one state of the database. */
	read<T>(operation: () => Operation<T>): Promise<T>;
	/** Runs an operation in one transaction. What it wrote is on the disk when this returns. */
	write<T>(operation: () => Operation<T>): Promise<T>;
	/**
	 * The same for items of many callers, which may share a transaction. Each is told its own result,
	 * and one that fails takes none of the others with it.
	 */
	sharing<Item, Result>(
		operation: Shared<Item, Result>,
		missing: (item: Item) => Error,
	): (item: Item) => Promise<Result>;
	/** What was published as revoked, where that is kept outside of the database. */
	readonly published?: Published;
	/** Leaves nothing of erased rows in the store's files, as far as the store can do that. */
	purge(): Promise<void>;
	close(): Promise<void>;
}
