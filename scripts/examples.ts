import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { tested } from '../harness/paths';

const exampleSchema = z.object({
	name: z.string(),
	nodes: z.array(
		z.looseObject({
			id: z.string(),
			name: z.string(),
			type: z.string(),
			typeVersion: z.number(),
			position: z.tuple([z.number(), z.number()]),
			parameters: z.record(z.string(), z.unknown()),
			webhookId: z.string().optional(),
			disabled: z.boolean().optional(),
			credentials: z
				.record(z.string(), z.object({ id: z.string().nullable(), name: z.string() }))
				.optional(),
		}),
	),
	connections: z.record(
		z.string(),
		// By kind: `main`, or the connection type of a sub-node of an AI agent.
		z.record(z.string(), z.array(z.array(z.looseObject({ node: z.string() })))),
	),
	pinData: z
		.record(z.string(), z.array(z.object({ json: z.record(z.string(), z.unknown()) })))
		.optional(),
	settings: z.record(z.string(), z.unknown()),
});

/** An importable workflow of examples/. */
export type Example = z.infer<typeof exampleSchema>;

const folder = join(tested, 'examples');

/** The names of the examples: their files' names without `.json`. */
export function exampleNames(): string[] {
	return readdirSync(folder)
		.filter((file) => file.endsWith('.json'))
		.map((file) => basename(file, '.json'))
		.sort();
}

/** @throws ZodError when the file is not a workflow */
export function readExample(name: string): Example {
	return exampleSchema.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
}

/** The node that creates the data that an example needs, if it has one. */
export const SET_UP = 'Set Up Once';

/** The main trigger of an example. */
export function triggerOf({ nodes }: Example) {
	const trigger = nodes.find(
		({ name, type }) =>
			/(trigger|webhook)$/i.test(type) && name !== SET_UP && !/respond/i.test(type),
	);
	if (trigger === undefined) throw new Error('the example has no trigger');
	return trigger;
}

/** The last node of the chain that starts with this one. */
export function lastAfter(example: Example, name: string): string {
	const next = example.connections[name]?.main?.[0]?.[0]?.node;
	return next === undefined ? name : lastAfter(example, next);
}
