/** One n8n to try the package with: the engine is what that n8n depends on (n8n-…/package.json). */
export interface TriedN8n {
	readonly n8n: string;
	/** The versions of Node that it runs on, of `nodes`. */
	readonly nodes: readonly string[];
	/** Why it does not run on the others; `engines` of its package.json says so. */
	readonly others?: string;
	/** What is skipped has its reason in older n8n, so the newest may skip nothing. */
	readonly skips: boolean;
}

/** The oldest that the package supports, and the one that comes with the checkout. */
export const nodes = ['22.19.0', '24'] as const;

/** The oldest of n8n 2.x, one in the middle, and the newest whose n8n-core can be installed. */
export const tried: readonly TriedN8n[] = [
	{ n8n: '2.0.0', nodes, skips: true },
	{ n8n: '2.20.12', nodes, skips: true },
	{ n8n: '2.41.1', nodes: ['24'], others: 'n8n 2.40 and newer needs Node 24', skips: false },
];
