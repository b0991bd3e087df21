import { compileFunction } from 'node:vm';
import { DateTime } from 'luxon';
import { readExample } from '../../../scripts/examples';

type Json = Record<string, unknown>;

/** What nodes gave out, by their names. */
export type GivenOut = Readonly<Record<string, readonly Json[]>>;

const asItems = (list: readonly Json[]) => list.map((json) => ({ json }));
const view = (list: readonly Json[]) => ({
	first: () => asItems(list)[0],
	all: () => asItems(list),
});

/**
 * The Code node of an example, run in this process as n8n runs it for all items.
 *
 * @returns a function of the items that reach it, and of what the nodes before it gave out
 */
export function codeOf(example: string, node: string) {
	const { jsCode } = readExample(example).nodes.find(({ name }) => name === node)?.parameters ?? {};
	if (typeof jsCode !== 'string') throw new Error(`${example} has no Code node ${node}`);
	const run = compileFunction(jsCode, ['DateTime', '$input', '$']) as (
		...given: unknown[]
	) => unknown;
	return (input: readonly Json[], nodes: GivenOut = {}): Json[] => {
		const items = run(DateTime, view(input), (name: string) => view(nodes[name] ?? []));
		return (JSON.parse(JSON.stringify(items)) as { json: Json }[]).map(({ json }) => json);
	};
}

/** What the node Settings of an example gives out: its values hold no expressions. */
export function settingsOf(example: string): Json {
	const { assignments } =
		readExample(example).nodes.find(({ name }) => name === 'Settings')?.parameters ?? {};
	const list = (assignments as { assignments: { name: string; value: unknown; type: string }[] })
		.assignments;
	return Object.fromEntries(
		list.map(({ name, value, type }) => [
			name,
			type === 'object' || type === 'array' ? (JSON.parse(String(value)) as unknown) : value,
		]),
	);
}
