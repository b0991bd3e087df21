import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { table } from './table';

const rowSchema = z.record(z.string(), z.union([z.string(), z.number()]));
export type ReportRow = z.infer<typeof rowSchema>;

/** The rows that the tests of one run report (test/support/report.ts). */
export class Report {
	private readonly folder = mkdtempSync(join(tmpdir(), 'moca-air-report-'));

	/** Tests that are started from now on find it. */
	constructor() {
		process.env.MOCA_AIR_TEST_REPORT = this.file;
	}

	/** The rows so far. */
	rows(): ReportRow[] {
		if (!existsSync(this.file)) return [];
		const lines = readFileSync(this.file, 'utf8').split('\n');
		return lines.filter((line) => line !== '').map((line) => rowSchema.parse(JSON.parse(line)));
	}

	/** Prints rows as a table whose columns are those of the first. */
	print(rows: readonly ReportRow[]): void {
		if (rows.length === 0) return;
		const head = Object.keys(rows[0] ?? {});
		console.log(
			table(
				head,
				rows.map((row) => head.map((column) => row[column] ?? '')),
			),
		);
	}

	close(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	private get file(): string {
		return join(this.folder, 'rows.jsonl');
	}
}
