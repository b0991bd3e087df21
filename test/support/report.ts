import { appendFileSync } from 'node:fs';

export type Cell = string | number;

/** The file in which the scripts that print a table collect its rows, as JSON, one per line. */
const REPORT = process.env.MOCA_AIR_TEST_REPORT;

/**
 * Adds a row to the table that `npm run test:queue` and `npm run test:faults` print; nothing in an
 * ordinary run.
 */
export function reportRow(row: Readonly<Record<string, Cell>>): void {
	if (REPORT !== undefined) appendFileSync(REPORT, `${JSON.stringify(row)}\n`);
}
