import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import { isTool } from '../run/execution';
import { chunksOf } from '../parameters/expressions';
import { labelOf } from '../parameters/labels';

/** Quoted text, which reads nothing; a template literal with `${…}` may. */
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/gs;
/** The names under which n8n's expressions find the incoming item. */
const ITEM = /\$(?:json|input|data|binary|item|items|thisItem)\b/;

/** A node by its name as typed, not computed, and perhaps what is no paired item of it. */
const NODE =
	/\$\(\s*('(?:[^'\\]|\\['"`\\])*'|"(?:[^"\\]|\\['"`\\])*"|`(?:[^`\\$]|\\['"`\\])*`)\s*\)(\s*\??\.\s*(?:first|last|all|params|context|isExecuted)\b)?/g;
/** What else belongs to the place of an item, in whatever node. */
const BY_PLACE = /\$\(|\$(?:node|itemIndex|runIndex)\b/;

/**
 * Refuses a parameter of an agent's tool that reads the incoming item. n8n overwrites the fields of the
 * agent's own item with the model's arguments, including arguments that nobody asked for: so a
 * manipulated model can choose the value of `$json.email`. Allowed are `$fromAI`, typed values, and
 * data from a named node. Of that, the paired item is allowed only if the node gave no other: n8n pairs
 * a tool with the first of several items, or with that of another turn of a loop, no matter which one
 * it is called for (n8n 2.40; AI Agent 2 and 3, and those that are tools themselves).
 *
 * @param name - of the parameter, or a path into it
 * @param raw - the parameter with its expressions as text
 * @throws AirError `AIR_TOOL_READS_ITEM`, `AIR_TOOL_SEVERAL_ITEMS`
 */
export function assertToolMayRead(context: IExecuteFunctions, name: string, raw: unknown): void {
	if (!isTool(context)) return;
	const label = labelOf(name);
	const codes = codesIn(raw);
	if (codes.some((code) => ITEM.test(code.replace(QUOTED, '""')))) {
		throw new AirError('AIR_TOOL_READS_ITEM', {
			detail: `${label} reads the incoming item; use $fromAI(…), or name a node, as in $('Node').item.json`,
		});
	}
	if (codes.some((code) => readsOneOfSeveral(context, code))) {
		throw new AirError('AIR_TOOL_SEVERAL_ITEMS', {
			detail: `${label} reads the item of a node that gave several`,
		});
	}
}

/** The code of all expressions in a parameter. */
function codesIn(raw: unknown): string[] {
	if (typeof raw === 'object' && raw !== null) return Object.values(raw).flatMap(codesIn);
	return chunksOf(raw).flatMap(({ type, text }) => (type === 'code' ? [text] : []));
}

const started = z.object({
	resultData: z.object({ runData: z.record(z.string(), z.unknown()) }),
});
const runs = z.array(
	z.object({
		data: z.object({ main: z.array(z.array(z.unknown()).nullable()).optional() }).optional(),
	}),
);

/**
 * Whether code reads the paired item of a node that gave more than one, over all turns of a loop, or of
 * which that cannot be told.
 */
function readsOneOfSeveral(context: IExecuteFunctions, code: string): boolean {
	const names: string[] = [];
	const rest = code.replace(NODE, (_, quoted: string, unpaired?: string) => {
		if (unpaired === undefined) names.push(quoted.slice(1, -1).replace(/\\(.)/g, '$1'));
		return '';
	});
	const isAnyNode = BY_PLACE.test(rest.replace(QUOTED, '""'));
	if (names.length === 0 && !isAnyNode) return false;
	// n8n's interface does not have this; its class does (n8n-core, node-execution-context.js).
	const { data } = started.safeParse(Reflect.get(context, 'runExecutionData'));
	if (data === undefined) return true;
	const given = data.resultData.runData;
	return (isAnyNode ? Object.keys(given) : names).some((name) => {
		const read = runs.safeParse(given[name] ?? []);
		const outputs = read.data?.flatMap((run) => run.data?.main ?? []);
		return outputs === undefined || outputs.flatMap((output) => output ?? []).length > 1;
	});
}

/**
 * Whether the failure of an item becomes an item while the others continue, as On Error says. Agents
 * that run the tool within their own run (AI Agent 1 and 2) learn nothing about a thrown error, and
 * would call the tool again.
 */
export const goesOnAfterFailure = (context: IExecuteFunctions): boolean =>
	context.continueOnFail() || runsWithinAgent(context);

const runsWithinAgent = (context: IExecuteFunctions) =>
	isTool(context) && typeof context.isToolExecution === 'function' && context.isToolExecution();

/**
 * Refuses an n8n setting under which an agent learns nothing about success or failure: with an error
 * output, the engine gives the agent an empty answer.
 *
 * @throws AirError `AIR_TOOL_HIDES_ANSWER`
 */
export function assertAgentIsTold(context: IExecuteFunctions): void {
	if (!isTool(context) || runsWithinAgent(context)) return;
	if (context.getNode().onError === 'continueErrorOutput') {
		throw new AirError('AIR_TOOL_HIDES_ANSWER', {
			detail: 'set On Error to Continue, and not to Continue (using error output)',
		});
	}
}
