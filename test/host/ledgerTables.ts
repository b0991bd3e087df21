import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** Runs one statement on the ledger's tables, past the package. */
type Run = (statement: string) => Promise<readonly unknown[]>;

const cursorSchema = z.object({ workflow_id: z.string(), delivered: z.coerce.number() });

/** The tables of a ledger in use, for what a test cannot wait for. */
export class LedgerTables {
	/** @param schema - of PostgreSQL, with a dot */
	constructor(
		private readonly run: Run,
		private readonly schema = '',
	) {}

	static inFile(file: string): LedgerTables {
		return new LedgerTables((statement) => {
			const database = new DatabaseSync(file, { timeout: 10_000 });
			try {
				return Promise.resolve(database.prepare(statement).all());
			} finally {
				database.close();
			}
		});
	}

	/** Makes everything pending due: nobody waits for the backoff. */
	async makeDue(): Promise<void> {
		await this.run(
			`UPDATE ${this.schema}issuances SET next_check_at = 1 WHERE next_check_at IS NOT NULL`,
		);
	}

	/** Makes an issuance pending for this much longer, and its reported delays this much older. */
	async age(coreClaimHash: string, ms: number): Promise<void> {
		await this.run(
			`UPDATE ${this.schema}issuances SET pending_since = pending_since - ${ms}
			WHERE core_claim_hash = '${coreClaimHash}'`,
		);
		await this.run(`UPDATE ${this.schema}delays SET up_to = up_to - ${ms}`);
	}

	/** Makes all rows this much older in their state, from which retention counts. */
	async ageStates(ms: number): Promise<void> {
		await this.run(`UPDATE ${this.schema}issuances SET state_at = state_at - ${ms}`);
	}

	/** The number of rows about which a process is asking AIR now, or was when it died. */
	async claims(): Promise<number> {
		const claimed = await this.run(
			`SELECT id FROM ${this.schema}issuances WHERE claimed_until IS NOT NULL`,
		);
		return claimed.length;
	}

	/** The last event that each trigger's workflow has certainly taken. */
	async delivered(): Promise<ReadonlyMap<string, number>> {
		const rows = await this.run(`SELECT workflow_id, delivered FROM ${this.schema}cursors`);
		return new Map(
			z
				.array(cursorSchema)
				.parse(rows)
				.map((row) => [row.workflow_id, row.delivered]),
		);
	}
}
