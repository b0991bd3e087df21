import type { Line } from './results';

/** What each row is told. */
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
	/** For who watches. */
	readonly say: (line: string) => void;
}

export type Row = (context: RowContext) => Promise<Line[]>;

/** @returns a quarter of it when it is to be quick */
export const scaled = ({ quick }: BenchSettings, items: number): number =>
	quick ? Math.max(20, Math.round(items / 4)) : items;
