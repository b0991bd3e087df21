import { setTimeout as sleep } from 'node:timers/promises';
import type {
	Client,
	CustomTypesConfig,
	Pool,
	PoolClient,
	QueryConfig,
	QueryResult,
	QueryResultRow,
} from 'pg';
import { LedgerError } from '../LedgerError';
import type { Connection } from './connectionUrl';
import { DriverFailure, failureOf, isNotPrepared, isReadOnly } from './failure';
import { nameOf, PLAN_EACH, planningEach } from './prepared';

const CONNECTIONS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_MS = 30_000;
/** The wait before a lost connection is replaced: a restarting server is back soon or not at all. */
const PAUSE_MS = 250;

/** How long a transaction may wait for each thing. */
export interface Patience {
	readonly statementMs: number;
	readonly lockMs: number;
}

const USUAL: Patience = { statementMs: 15_000, lockMs: 10_000 };

/** Statements within one transaction; they run in the order in which they are sent. */
export interface Session {
	/**
	 * Sends a statement without waiting for it.
	 *
	 * @param prepared - whether the server keeps it for the next use on the same connection
	 * @returns filled by `settled`
	 */
	readonly send: (
		statement: string,
		values?: readonly unknown[],
		prepared?: boolean,
	) => { rows: unknown[] | undefined };
	/**
	 * Waits for all statements that were sent. If one fails, all after it fail as well, and the first
	 * error is thrown.
	 */
	readonly settled: () => Promise<void>;
	/** @returns the rows, as the statement's column names say */
	readonly rows: <Row extends QueryResultRow>(
		statement: string,
		values?: readonly unknown[],
	) => Promise<Row[]>;
}

/** Loads the driver on first use, so that a package without it still loads. */
async function loadDriver(): Promise<typeof import('pg')> {
	try {
		return await import('pg');
	} catch {
		throw new LedgerError('LEDGER_DRIVER_MISSING', 'pg');
	}
}

async function driver<T>(answer: Promise<T>): Promise<T> {
	try {
		return await answer;
	} catch (error) {
		throw new DriverFailure(error);
	}
}

/**
 * The settings are sent with each transaction and not with the connection, because poolers such as
 * PgBouncer refuse some at connect and share connections between clients. `synchronous_commit` is
 * switched on even if the database has it off: a begin must be durable before anything is sent.
 */
const opening = ({ statementMs, lockMs }: Patience, asked: string) => `
	BEGIN ISOLATION LEVEL READ COMMITTED;
	${asked}
	SET LOCAL search_path = moca_air, pg_temp;
	SET LOCAL statement_timeout = ${statementMs};
	SET LOCAL lock_timeout = ${lockMs};
	SET LOCAL idle_in_transaction_session_timeout = ${statementMs};
	SELECT set_config('synchronous_commit', 'on', true)
		WHERE current_setting('synchronous_commit') = 'off'`;

/** A small pool, and transactions on it. */
export class Database {
	/** Connections in the order in which they were made. */
	private readonly clients = new WeakMap<PoolClient, number>();
	private made = 0;
	/** Connections up to this one are read-only, because the address leads to another server now. */
	private readOnlyUpTo = 0;
	/** Whether statements are prepared: true until a pooler in between turns out not to keep them. */
	private prepares = true;
	/** Whether there were ever enough rows: see {@link PLAN_EACH}. */
	private grown = false;

	private constructor(
		private readonly pool: Pool,
		private readonly connection: Connection,
	) {
		// The pool replaces a connection that dies while idle; one that dies in use fails the statement.
		// Without listeners, either would end the process.
		pool.on('error', () => undefined);
		pool.on('connect', (client) => {
			client.on('error', () => undefined);
			this.clients.set(client, ++this.made);
		});
	}

	/**
	 * Does not connect yet.
	 *
	 * @throws LedgerError LEDGER_DRIVER_MISSING
	 */
	static async open(connection: Connection): Promise<Database> {
		const { connectionString, ssl, connectTimeoutMs = CONNECT_TIMEOUT_MS } = connection;
		const { Pool: PoolClass, types } = await loadDriver();
		const pool = new PoolClass({
			types: numbers(types),
			connectionString,
			ssl,
			max: CONNECTIONS,
			connectionTimeoutMillis: connectTimeoutMs,
			idleTimeoutMillis: IDLE_MS,
			allowExitOnIdle: true,
			keepAlive: true,
			// A statement is sent before the one before it is answered: see `Session.send`.
			pipeline: true,
			fallback_application_name: 'n8n-nodes-moca-air',
		});
		return new Database(pool, connection);
	}

	/**
	 * Runs `work` in a transaction, and once more if the connection was lost or had become read-only,
	 * or another transaction was in the way. `work` must be correct even if the first run was committed
	 * and only its answer was lost.
	 *
	 * @throws LedgerError, and what `work` throws
	 */
	async transaction<T>(
		work: (session: Session) => Promise<T>,
		patience: Patience = USUAL,
	): Promise<T> {
		try {
			return await this.once(work, patience);
		} catch (error) {
			if (!(error instanceof DriverFailure)) throw error;
			if (isNotPrepared(error)) this.prepares = false;
			const failure = failureOf(error);
			if (!failure.again) throw failure.error;
		}
		await sleep(PAUSE_MS);
		try {
			return await this.once(work, patience);
		} catch (error) {
			throw error instanceof DriverFailure ? failureOf(error).error : error;
		}
	}

	async close(): Promise<void> {
		if (!this.pool.ending) await this.pool.end();
	}

	private async once<T>(work: (session: Session) => Promise<T>, patience: Patience): Promise<T> {
		const client = await this.connect();
		const { made } = this;
		// Longer than the server's own timeout: this one is for a server that no longer answers.
		const limitMs = patience.statementMs + CONNECT_TIMEOUT_MS;
		const session = sending(async (text, values, prepared = false) => {
			const name = prepared && this.prepares ? nameOf(text) : undefined;
			return await driver(send(client, limitMs, text, values, name));
		}, client.connection);
		let result: T;
		try {
			session.send(opening(patience, this.asked(client)));
			const few = this.grown ? undefined : session.send(PLAN_EACH);
			result = await work(session);
			session.send('COMMIT');
			await session.settled();
			this.grown ||= few !== undefined && !planningEach(few.rows);
		} catch (error) {
			session.flush();
			if (error instanceof DriverFailure && isReadOnly(error)) {
				// The other connections may lead to the same server, even those made after this one.
				this.readOnlyUpTo = Math.max(this.readOnlyUpTo, made);
				client.release(true);
			} else {
				await undo(client);
			}
			throw error;
		}
		client.release();
		return result;
	}

	/** An idle connection, or a new one. */
	private async connect(): Promise<PoolClient> {
		for (;;) {
			const client = await driver(this.pool.connect());
			if ((this.clients.get(client) ?? 0) > this.readOnlyUpTo) return client;
			client.release(true);
		}
	}

	/** Applies the `options` of the URL by statements, because a pooler may refuse them at connect. */
	private asked(client: PoolClient): string {
		return Object.entries(this.connection.sets ?? {})
			.map(([name, value]) => [name, value].map((text) => client.escapeLiteral(text)).join(', '))
			.map((literals) => `SELECT set_config(${literals}, true);`)
			.join(' ');
	}
}

/** A bigint is a number, as it is everywhere here: `pg` gives it as text. */
const numbers = ({ builtins, getTypeParser }: typeof import('pg').types): CustomTypesConfig => ({
	getTypeParser: (oid, format): unknown =>
		oid === builtins.INT8 ? Number : getTypeParser(oid, format),
});

type Run = (
	text: string,
	values?: readonly unknown[],
	prepared?: boolean,
) => Promise<QueryResult<QueryResultRow>>;

/**
 * Statements that are sent before one is awaited leave in one piece, because sending is most of what a
 * statement costs here.
 */
function sending(run: Run, { stream }: Client['connection']): Session & { flush: () => void } {
	let underWay: Promise<void>[] = [];
	const flush = () => {
		if (underWay.length > 0) stream.uncork();
		underWay = [];
	};
	const settled = async () => {
		const all = underWay;
		flush();
		await Promise.all(all);
	};
	const send: Session['send'] = (text, values, prepared) => {
		const answer: ReturnType<Session['send']> = { rows: undefined };
		if (underWay.length === 0) stream.cork();
		const done = run(text, values, prepared).then(({ rows }) => {
			answer.rows = rows;
		});
		// `settled` reports it; until then it must not count as an unhandled rejection.
		done.catch(() => undefined);
		underWay.push(done);
		return answer;
	};
	return {
		send,
		settled,
		flush,
		rows: async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
			const answer = send(text, values);
			await settled();
			return (answer.rows ?? []) as Row[];
		},
	};
}

/** `pg` takes the limit with the query as well, which its types do not say. */
async function send(
	client: PoolClient,
	limitMs: number,
	text: string,
	values?: readonly unknown[],
	name?: string,
): Promise<QueryResult<QueryResultRow>> {
	const query: QueryConfig & { query_timeout: number } = { text, query_timeout: limitMs };
	if (name !== undefined) query.name = name;
	if (values !== undefined) query.values = [...values];
	return await client.query<QueryResultRow>(query);
}

/** Rolls back a failed transaction; if that fails, the connection is not used again. */
async function undo(client: PoolClient): Promise<void> {
	try {
		await send(client, 1_000, 'ROLLBACK');
		client.release();
	} catch {
		client.release(true);
	}
}
