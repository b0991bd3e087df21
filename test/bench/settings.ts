import type { Line } from './results';

/** The settings of each row. */
export interface BenchSettings {
	/** The folder of the installed n8n. */
	readonly n8n: string;
	/** The folder of the built package, outside of the checkout. */
	readonly subject: string;
	readonly pairs: number;
	/** A quarter of the work, and two pairs. */
	readonly quick: boolean;
}

export interface RowContext extends BenchSettings {
	/** Prints progress. */
	readonly say: (line: string) => void;
}

export type Row = (context: RowContext) => Promise<Line[]>;

/** @returns a quarter of it in a quick run */
export const scaled = ({ quick }: BenchSettings, items: number): number =>
	quick ? Math.max(20, Math.round(items / 4)) : items;
