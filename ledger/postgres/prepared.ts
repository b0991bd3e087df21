import { createHash } from 'node:crypto';

const names = new Map<string, string>();

/**
 * The name under which a server keeps a statement: derived from its text, since a pooler may share one
 * connection between several clients.
 */
export function nameOf(statement: string): string {
	const known = names.get(statement);
	if (known !== undefined) return known;
	const name = `moca_air_${createHash('sha256').update(statement).digest('hex').slice(0, 32)}`;
	names.set(statement, name);
	return name;
}

/** From this many rows on, a plan for all values looks rows up by the same indexes as one for each. */
const ENOUGH_ROWS = 5_000;

/**
 * Keeps no plans while PostgreSQL believes that there are few rows: such plans would scan whole tables,
 * and still do so when the tables have grown.
 */
export const PLAN_EACH = `SELECT
		CASE WHEN reltuples < ${ENOUGH_ROWS} THEN set_config('plan_cache_mode', 'force_custom_plan', true) END AS each
	FROM pg_catalog.pg_class WHERE oid = to_regclass('moca_air.issuances')`;

/** The result of {@link PLAN_EACH}; missing tables count as few rows. */
export const planningEach = (found: readonly unknown[] = []) =>
	found.every((row) => Reflect.get(Object(row), 'each') !== null);
