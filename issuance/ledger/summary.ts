import type { RowState, SummaryLine } from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import type { RealmLedger } from './findRow';
import { isoTime } from './rowFields';

/** How many rows there are, by the state that they are in now. */
export type Counts = Readonly<Partial<Record<RowState, number>>>;

export interface Summary {
	/** ISO 8601: what was begun at this time or later, and before that one. */
	readonly from: string;
	readonly before: string;
	readonly total: number;
	/** Somebody has to look at these: whether AIR issued is unknown. */
	readonly unknown: number;
	readonly states: Counts;
	/** The one with the most rows first. */
	readonly programs: readonly {
		/** Of what is issued directly, the type of the credential (`vct`). */
		readonly program: string;
		readonly total: number;
		readonly states: Counts;
	}[];
	/** Days of UTC, the newest first; those without rows are left out. */
	readonly days: readonly {
		readonly day: string;
		readonly total: number;
		readonly states: Counts;
	}[];
}

const DAY_MS = 86_400_000;

/** Counts lines under names, in the order in which they come. */
function countBy(lines: readonly SummaryLine[], nameOf: (line: SummaryLine) => string) {
	const groups = new Map<string, { total: number; states: Partial<Record<RowState, number>> }>();
	for (const line of lines) {
		const group = groups.get(nameOf(line)) ?? { total: 0, states: {} };
		groups.set(nameOf(line), group);
		group.total += line.count;
		group.states[line.state] = (group.states[line.state] ?? 0) + line.count;
	}
	return groups;
}

/**
 * What was begun in some days up to now, and what became of it. The ledger is gone through in parts, so
 * that a large one does not hold up n8n.
 *
 * @param days - whole days of UTC, today included
 * @param now - milliseconds since 1970
 * @throws AirError `AIR_LEDGER_…`
 * @example
 * ```ts
 * const { unknown, programs } = await summarize(session, { days: 7, now: Date.now() });
 * ```
 */
export async function summarize(
	{ ledger, realm }: RealmLedger<'summary'>,
	{ days, now }: { readonly days: number; readonly now: number },
): Promise<Summary> {
	const tomorrow = now - (now % DAY_MS) + DAY_MS;
	const createdFrom = tomorrow - days * DAY_MS;
	const lines: SummaryLine[] = [];
	try {
		const query = { realm, createdFrom, createdBefore: tomorrow };
		let part = await ledger.summary(query);
		lines.push(...part.lines);
		while (part.next !== undefined) {
			part = await ledger.summary({ ...query, behind: part.next });
			lines.push(...part.lines);
		}
	} catch (error) {
		throw asAirError(error);
	}
	const all = countBy(lines, () => 'all').get('all') ?? { total: 0, states: {} };
	const programs = [...countBy(lines, ({ program }) => program)];
	const byDay = [...countBy(lines, ({ day }) => isoTime(day).slice(0, 10))];
	return {
		from: isoTime(createdFrom),
		before: isoTime(tomorrow),
		total: all.total,
		unknown: all.states.unknown ?? 0,
		states: all.states,
		programs: programs
			.map(([program, counts]) => ({ program, ...counts }))
			.sort((a, b) => b.total - a.total),
		days: byDay
			.map(([day, counts]) => ({ day, ...counts }))
			.sort((a, b) => b.day.localeCompare(a.day)),
	};
}
