import type { RowState, SummaryLine } from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import type { RealmLedger } from './findRow';
import { isoTime } from './rowFields';

/** How many rows there are, by their current state. */
export type Counts = Readonly<Partial<Record<RowState, number>>>;

export interface Summary {
	/** ISO 8601: rows begun at or after the first time, and before the second. */
	readonly from: string;
	readonly before: string;
	readonly total: number;
	/** A person has to look at these: whether AIR issued is unknown. */
	readonly unknown: number;
	readonly states: Counts;
	/** The one with the most rows first. */
	readonly programs: readonly {
		/** For direct issuances, the type of the credential (`vct`). */
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

/** Adds counts by name, as they come: a large ledger has many counts, but few names. */
class Tally {
	private readonly groups = new Map<
		string,
		{ total: number; states: Partial<Record<RowState, number>> }
	>();

	add(name: string, { state, count }: SummaryLine): void {
		const group = this.groups.get(name) ?? { total: 0, states: {} };
		this.groups.set(name, group);
		group.total += count;
		group.states[state] = (group.states[state] ?? 0) + count;
	}

	get(name: string) {
		return this.groups.get(name) ?? { total: 0, states: {} };
	}

	entries() {
		return [...this.groups];
	}
}

/**
 * What was begun in the last days, and what became of it. The ledger is read in parts, so that a large
 * one does not hold up n8n.
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
	const [all, programs, byDay] = [new Tally(), new Tally(), new Tally()];
	try {
		const query = { realm, createdFrom, createdBefore: tomorrow };
		for (let behind: number | undefined, more = true; more;) {
			const { lines, next } = await ledger.summary({ ...query, behind });
			for (const line of lines) {
				all.add('', line);
				programs.add(line.program, line);
				byDay.add(isoTime(line.day).slice(0, 10), line);
			}
			behind = next;
			more = next !== undefined;
		}
	} catch (error) {
		throw asAirError(error);
	}
	const { total, states } = all.get('');
	return {
		from: isoTime(createdFrom),
		before: isoTime(tomorrow),
		total,
		unknown: states.unknown ?? 0,
		states,
		programs: programs
			.entries()
			.map(([program, counts]) => ({ program, ...counts }))
			.sort((a, b) => b.total - a.total),
		days: byDay
			.entries()
			.map(([day, counts]) => ({ day, ...counts }))
			.sort((a, b) => b.day.localeCompare(a.day)),
	};
}
