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
/** Before a lost connection is replaced: a restarting server is back soon, or not at all. */
const PAUSE_MS = 250;

/** How long a transaction may wait for what. */
export interface Patience {
	readonly statementMs: number;
	readonly lockMs: number;
}

const USUAL: Patience = { statementMs: 15_000, lockMs: 10_000 };

/** Statements within one transaction, which run in the order in which they are sent. */
export interface Session {
	/**
	 * Sends a statement and does not wait for it.
	 *
	 * @param prepared - whether the server is to keep it, for the next time on the same connection
	 * @returns filled by `settled`
	 */
	readonly send: (
		statement: string,
		values?: readonly unknown[],
		prepared?: boolean,
	) => { rows: unknown[] | undefined };
	/** Waits for all that were sent. If one fails, all after it fail as well, and the first is told. */
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
 * The settings go with each transaction and not with the connection, because poolers such as
 * PgBouncer refuse some at connect and hand connections from one to another. Where the database is set to
 * confirm before it has written, it is told not to: a begin has to be durable before anything is sent.
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
	/** In the order in which they were made. */
	private readonly clients = new WeakMap<PoolClient, number>();
	private made = 0;
	/** Connections up to here are read-only: the address leads to another server since. */
	private readOnlyUpTo = 0;
	/** Whether statements are prepared: until it turns out that a pooler in between does not keep them. */
	private prepares = true;
	/** Whether there were enough rows once: see {@link PLAN_EACH}. */
	private grown = false;

	private constructor(
		private readonly pool: Pool,
		private readonly connection: Connection,
	) {
		// A connection that dies while nobody uses it is the pool's to replace, and one that dies in
		// use fails the statement. Without listeners either would end the process.
		pool.on('error', () => undefined);
		pool.on('connect', (client) => {
			client.on('error', () => undefined);
			this.clients.set(client, ++this.made);
		});
	}

	/**
	 * Connects to nothing yet.
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
	 * or another transaction was in the way. `work` has to be right then even though the first run may have been committed
	 * and only its answer lost.
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
		// Longer than the server's own: this one is for a server that no longer answers at all.
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
				// The others may lead to the same server, those made after this one too.
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

	/** A connection that nobody uses, or a new one. */
	private async connect(): Promise<PoolClient> {
		for (;;) {
			const client = await driver(this.pool.connect());
			if ((this.clients.get(client) ?? 0) > this.readOnlyUpTo) return client;
			client.release(true);
		}
	}

	/** What `options` of the URL asks for, in statements: a pooler may refuse it at connect. */
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

/** All that are sent before one is waited for leave in one piece: most of what a statement costs here. */
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
		// Told by `settled`; until then nobody is to call it unhandled.
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

/** Ends a failed transaction; a connection on which that fails is not used again. */
async function undo(client: PoolClient): Promise<void> {
	try {
		await send(client, 1_000, 'ROLLBACK');
		client.release();
	} catch {
		client.release(true);
	}
}
