import { z } from 'zod';

/**
 * Reads the `flatted` format, in which n8n stores executions: an array of values where every string
 * inside an object or array is the index of a further value, so that cycles can be written down.
 */
export function parseFlatted(text: string): unknown {
	const values = z.array(z.unknown()).parse(JSON.parse(text));
	const revived = new Map<number, unknown>();
	const follow = (part: unknown): unknown =>
		typeof part === 'string' ? revive(Number(part)) : part;
	const revive = (index: number): unknown => {
		if (revived.has(index)) return revived.get(index);
		const value = values[index];
		if (typeof value !== 'object' || value === null) return value;
		if (Array.isArray(value)) {
			const list: unknown[] = [];
			revived.set(index, list);
			for (const part of value as unknown[]) list.push(follow(part));
			return list;
		}
		const object: Record<string, unknown> = {};
		revived.set(index, object);
		for (const [key, part] of Object.entries(value)) object[key] = follow(part);
		return object;
	};
	return revive(0);
}

const executionError = z.looseObject({
	message: z.string(),
	description: z.string().nullish(),
	httpCode: z.string().nullish(),
	context: z.record(z.string(), z.unknown()).optional(),
});

const item = z.looseObject({
	json: z.record(z.string(), z.unknown()),
	pairedItem: z.unknown().optional(),
	error: executionError.optional(),
});

const nodeRun = z.looseObject({
	executionStatus: z.string().optional(),
	executionTime: z.number(),
	error: executionError.optional(),
	hints: z.array(z.looseObject({ message: z.string() })).optional(),
	/** By connection type (`main`, `ai_tool`), then by output; null where nothing came out. */
	data: z.record(z.string(), z.array(z.array(item).nullable())).optional(),
});

const resultData = z.looseObject({
	error: executionError.optional(),
	lastNodeExecuted: z.string().optional(),
	runData: z.record(z.string(), z.array(nodeRun)).default({}),
});

/** The relevant part of the `data` of a stored execution; nothing is stored while it runs. */
export const executionData = z.looseObject({ resultData: resultData.default({ runData: {} }) });

/** An error as n8n stores it: `message` and `description` are what the editor shows. */
export type ExecutionError = z.infer<typeof executionError>;
/** One item of a node's output. */
export type Item = z.infer<typeof item>;
/** One run of one node. */
export type NodeRun = z.infer<typeof nodeRun>;
/** Everything that an execution has recorded. */
export type ExecutionData = z.infer<typeof executionData>;

/** The last run of a node, or undefined if it did not run. */
export function lastRun(data: ExecutionData, node: string): NodeRun | undefined {
	return data.resultData.runData[node]?.at(-1);
}

/** The items of a node's last run on one of its outputs; empty if it did not run. */
export function itemsOf(data: ExecutionData, node: string, output = 0): Item[] {
	return lastRun(data, node)?.data?.main?.[output] ?? [];
}

/** The same items, but only their JSON, as users see it. */
export function jsonOf(data: ExecutionData, node: string, output = 0): Record<string, unknown>[] {
	return itemsOf(data, node, output).map(({ json }) => json);
}
