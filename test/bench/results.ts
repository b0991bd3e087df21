import type { Measured } from './statistics';

/** A limit for the figure of a line. */
export interface Goal {
	readonly text: string;
	readonly met: boolean;
}

/** One line of the table: ours, and what it is compared with, measured in turn. */
export interface Line {
	readonly row: number;
	readonly setting: string;
	/** Of both figures, e.g. `items/s`. */
	readonly unit: string;
	readonly ours: { readonly name: string } & Measured;
	readonly comparison?: ({ readonly name: string } & Measured) | undefined;
	/** The ratio of ours to the comparison, pair by pair. */
	readonly ratio?: Measured | undefined;
	readonly goal?: Goal | undefined;
	/** Other figures of the same runs: medians. */
	readonly more?: Readonly<Record<string, number>> | undefined;
}

/** How a row was measured. */
export interface Measurement {
	readonly at: string;
	readonly pairs: number;
	readonly quick: boolean;
	/** The load average over a minute when it began: the other work of the machine. */
	readonly load: number;
}

export interface Results {
	readonly machine: {
		readonly cpu: string;
		readonly cores: number;
		readonly node: string;
		readonly n8n: string;
	};
	/** By row. */
	readonly measured: Readonly<Record<string, Measurement>>;
	readonly lines: readonly Line[];
}

export const atLeast = (least: number, { median }: Measured): Goal => ({
	text: `≥ ${least}`,
	met: median >= least,
});

export const below = (most: number, { median }: Measured, unit = ''): Goal => ({
	text: `< ${most}${unit}`,
	met: median < most,
});
