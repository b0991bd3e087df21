import { createHash } from 'node:crypto';

const names = new Map<string, string>();

/**
 * The name under which a server keeps a statement: the same for all who have the same statement, since a
 * pooler may give one connection to several of them.
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
 * Keeps no plans while there are few rows, as far as PostgreSQL knows: they would pass whole tables,
 * which is quick then, and go on with that while the tables grow.
 */
export const PLAN_EACH = `SELECT
		CASE WHEN reltuples < ${ENOUGH_ROWS} THEN set_config('plan_cache_mode', 'force_custom_plan', true) END AS each
	FROM pg_catalog.pg_class WHERE oid = to_regclass('moca_air.issuances')`;

/** What {@link PLAN_EACH} found; without tables, too, there are few rows. */
export const planningEach = (found: readonly unknown[] = []) =>
	found.every((row) => Reflect.get(Object(row), 'each') !== null);
