import type { Dialect } from './Dialect';
import type { Published } from './Published';

type Scalar = string | number | null;

/** A record, used like a table row; by column, see `Dialect.records`. */
export type RowRecord = Readonly<Record<string, Scalar>>;

/** A parameter of a statement: a list is one value, see `Dialect.oneOf` and `Dialect.records`. */
export type Value = Scalar | readonly string[] | readonly number[] | readonly RowRecord[];

/** One statement, the same text for both stores; its values are `$1`, `$2`, … */
export interface Statement {
	readonly text: string;
	readonly values: readonly Value[];
	/** The statement is written for lists with one element each: see `Dialect.single`. */
	readonly single: boolean;
	/** The result is not needed before that of the next awaited statement. */
	readonly ahead: boolean;
}

/** The result of a statement; if it was sent ahead, empty until a later one was awaited. */
export interface Answer {
	readonly rows: unknown[] | undefined;
}

/**
 * An operation of the ledger: yields statements, gets their rows, and returns its result.
 *
 * It runs inside one transaction: on SQLite in one turn of the event loop, on PostgreSQL awaiting each
 * statement. It may run more than once, so its statements must be its only effect.
 */
export type Operation<T> = Generator<Statement, T, Answer>;

/** A statement, or a part of one, built for a dialect. */
export type TextFor = string | ((dialect: Dialect) => string);

/** Runs one statement. @returns its rows, with the column names of the statement */
export function* rows<Row>(text: string, ...values: readonly Value[]): Operation<Row[]> {
	return read<Row>(yield { text, values, single: false, ahead: false });
}

/**
 * The rows of a statement, with its column names; for one sent {@link ahead}, available once a later
 * one was awaited.
 */
export function read<Row>({ rows: found }: Answer): Row[] {
	if (found === undefined) throw new Error('a statement was sent ahead and not waited for');
	return found as Row[];
}

const isSingle = (value: Value) =>
	value === null || typeof value !== 'object' || value.length === 1;

/** The same for a statement that depends on the dialect: see {@link forDialect}. */
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
 * next awaited statement, or with the commit. Statements run in the order in which they are sent, and
 * if one fails, so does the transaction.
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
 * Reads the store's clock. Call it once the locks are held: a time that is read by the statement that
 * waits for a lock can be as old as the wait.
 *
 * @returns milliseconds since 1970
 */
export function* clock({ clock: text, clockOffsetMs }: Dialect): Operation<number> {
	const [found] = yield* rows<{ now: number }>(text);
	if (found === undefined) throw new Error('the store did not tell its time');
	return found.now + clockOffsetMs();
}

/** A time that many milliseconds later, in whole milliseconds, as the stores keep it. */
export const later = (at: number, ms: number) => Math.trunc(at + ms);

/** Half of a surrogate pair becomes U+FFFD, as in the stores themselves outside of JSON. */
const wellFormed = (_: string, value: unknown) =>
	typeof value === 'string' ? value.toWellFormed() : value;

/** Records, or a list, as one value. */
export const json = (value: readonly unknown[]): string => JSON.stringify(value, wellFormed);

/** The text for a dialect. */
export const textOf = (text: TextFor, dialect: Dialect) =>
	typeof text === 'string' ? text : text(dialect);

/**
 * A text that depends on the dialect. Each is built once, since long ones are costly to build.
 */
export function forDialect(build: (dialect: Dialect) => string): (dialect: Dialect) => string {
	const built = new WeakMap<Dialect, string>();
	return (dialect) => {
		const found = built.get(dialect) ?? build(dialect);
		built.set(dialect, found);
		return found;
	};
}

/** Writes many items; gives undefined for an item that must be written in its own transaction. */
export type Shared<Item, Result> = (items: readonly Item[]) => Operation<(Result | undefined)[]>;

/** Runs operations on a database, in transactions. */
export interface Store {
	readonly dialect: Dialect;
	/** Runs an operation that only reads, on a consistent state of the database. */
	read<T>(operation: () => Operation<T>): Promise<T>;
	/** Runs an operation in one transaction. What it wrote is on the disk when this returns. */
	write<T>(operation: () => Operation<T>): Promise<T>;
	/**
	 * The same for items of many callers, which may share a transaction. Each caller gets its own result,
	 * and one failure does not affect the others.
	 */
	sharing<Item, Result>(
		operation: Shared<Item, Result>,
		missing: (item: Item) => Error,
	): (item: Item) => Promise<Result>;
	/** What was published as revoked, if that is kept outside of the database. */
	readonly published?: Published;
	/** Removes erased rows from the store's files, as far as the store can. */
	purge(): Promise<void>;
	close(): Promise<void>;
}
