import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { isTool } from '../run/execution';
import { chunksOf } from '../parameters/expressions';

/** Quoted text, which reads nothing; a template literal with `${…}` may. */
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/gs;
/** The names under which n8n's expressions find the incoming item. */
const ITEM = /\$(?:json|input|data|binary|item|items|thisItem)\b/;

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
 * data from a named node.
 *
 * @param name - of the parameter, or a path into it
 * @param raw - the parameter with its expressions as text
 * @throws AirError `AIR_TOOL_READS_ITEM`
 */
export function assertToolMayRead(context: IExecuteFunctions, name: string, raw: unknown): void {
	if (!isTool(context) || !readsItem(raw)) return;
	const label = LABELS[name] ?? name.split('.').at(-1) ?? name;
	throw new AirError('AIR_TOOL_READS_ITEM', {
		detail: `${label} reads the incoming item; use $fromAI(…), or name a node, as in $('Node').item.json`,
	});
}

function readsItem(raw: unknown): boolean {
	if (typeof raw === 'string') {
		return chunksOf(raw).some(
			({ type, text }) => type === 'code' && ITEM.test(text.replace(QUOTED, '""')),
		);
	}
	return typeof raw === 'object' && raw !== null && Object.values(raw).some(readsItem);
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
