import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import { isTool } from '../run/execution';
import { chunksOf } from '../parameters/expressions';

/** Quoted text, which reads nothing; a template literal with `${…}` may. */
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/gs;
/** The names under which n8n's expressions find the incoming item. */
const ITEM = /\$(?:json|input|data|binary|item|items|thisItem)\b/;

/** Reading another node without pairing, or something that belongs to no item; for code without {@link QUOTED} text. */
const UNPAIRED = /\$\(\s*""\s*\)\s*\??\.\s*(?:first|last|all|params|context|isExecuted)\b/g;
/** The names by which n8n's expressions find what belongs to the place of an item. */
const PAIRED = /\$\(|\$(?:node|itemIndex|runIndex)\b/;

/** The labels of the parameters; mapped attributes and named fields use their own names. */
const LABELS: Readonly<Record<string, string>> = {
	recipient: 'Recipient Email',
	issuanceProgram: 'Issuance Program',
	credentialType: 'Credential Type',
	schemaId: 'Schema ID',
	expiresAfterDays: 'Days',
	expiresAt: 'Date',
	disclosable: 'Claims by Choice',
	disclosure: 'Disclosure',
	ifHeld: 'If the Person Has One',
	subjectFields: 'Fields',
	subjectJson: 'JSON',
	eventId: 'Event ID',
	coreClaimHash: 'Core Claim Hash',
	options: 'Options',
	onDuplicate: 'On Duplicate',
	idempotency: 'Repeats',
	expert: 'Expert Options',
};

/**
 * Refuses a parameter of an agent's tool that reads the incoming item. n8n overwrites the fields of the
 * agent's own item with the model's arguments, including arguments that nobody asked for: so a
 * manipulated model can choose the value of `$json.email`. Allowed are `$fromAI`, typed values, and
 * data from a named node, but not its paired item if the agent works on several items: n8n then pairs
 * the tool with the first of them, no matter which one it is called for (n8n 2.40, AI Agent 2 and 3).
 *
 * @param name - of the parameter, or a path into it
 * @param raw - the parameter with its expressions as text
 * @throws AirError `AIR_TOOL_READS_ITEM`, `AIR_TOOL_SEVERAL_ITEMS`
 */
export function assertToolMayRead(context: IExecuteFunctions, name: string, raw: unknown): void {
	if (!isTool(context)) return;
	const label = LABELS[name] ?? name.split('.').at(-1) ?? name;
	if (holdsCode(raw, (code) => ITEM.test(code))) {
		throw new AirError('AIR_TOOL_READS_ITEM', {
			detail: `${label} reads the incoming item; use $fromAI(…), or name a node, as in $('Node').item.json`,
		});
	}
	const isPaired = (code: string) => PAIRED.test(code.replace(UNPAIRED, ''));
	if (holdsCode(raw, isPaired) && isOneOfSeveral(context)) {
		throw new AirError('AIR_TOOL_SEVERAL_ITEMS', {
			detail: `${label} reads the item of another node`,
		});
	}
}

/** Whether the code of an expression, without its quoted text, is of a kind. */
function holdsCode(raw: unknown, isSuch: (code: string) => boolean): boolean {
	if (typeof raw === 'string') {
		return chunksOf(raw).some(
			({ type, text }) => type === 'code' && isSuch(text.replace(QUOTED, '""')),
		);
	}
	if (typeof raw !== 'object' || raw === null) return false;
	return Object.values(raw).some((value) => holdsCode(value, isSuch));
}

const pairedItem = z.object({
	pairedItem: z.object({
		sourceOverwrite: z.object({ previousNode: z.string(), previousNodeOutput: z.number() }),
	}),
});
const agentRun = z.object({ previousNodeRun: z.number().default(0) });
const toolRun = z.object({
	executeData: z.object({
		data: z.object({ main: z.array(z.array(pairedItem).min(1)).min(1) }),
		source: z.object({ main: z.array(agentRun).min(1) }),
	}),
	runExecutionData: z.object({
		resultData: z.object({ runData: z.record(z.string(), z.unknown()) }),
	}),
});
const runs = z.array(
	z.object({
		data: z.object({ main: z.array(z.array(z.unknown()).nullable()).optional() }).optional(),
	}),
);

/**
 * Whether the agent works on one item of several, in one run or in the turns of a loop. Then the engine
 * pairs the tool of AI Agent 3 with the first item of a run, or with what the agent itself gave in
 * another turn. n8n's interface does not tell, but its classes do (n8n-core, node-execution-context.js
 * and requests-response.js).
 *
 * @returns false if n8n does not tell
 */
function isOneOfSeveral(context: IExecuteFunctions): boolean {
	if (runsWithinAgent(context)) {
		const items: unknown = Reflect.get(context, 'connectionInputData');
		return Array.isArray(items) && items.length > 1;
	}
	const { data } = toolRun.safeParse(context);
	const item = data?.executeData.data.main[0]?.[0];
	const agent = data?.executeData.source.main[0];
	if (data === undefined || item === undefined || agent === undefined) return false;
	const { previousNode, previousNodeOutput } = item.pairedItem.sourceOverwrite;
	const given = runs.safeParse(data.runExecutionData.resultData.runData[previousNode]).data ?? [];
	const outputs = given.map(({ data: output }) => output?.main?.[previousNodeOutput] ?? []);
	return agent.previousNodeRun > 0 || outputs.flat().length > 1;
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
