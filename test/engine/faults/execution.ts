import type { ICredentialDataDecryptedObject, IDataObject, INode } from 'n8n-workflow';
import { errorCatalogue, type AirErrorCode } from '../../../errors/errorCatalogue';
import { runWorkflow } from '../runWorkflow';
import { issueWorkflow, person } from '../workflows';
import type { Ending } from './books';
import { text } from './text';

/** How a user has set the node up. */
export interface Setting {
	readonly name: string;
	readonly onDuplicate: 'revoke' | 'ignore';
	readonly sendAgain: boolean;
	/** n8n runs the node again, and the error ends the execution; else failed items go on. */
	readonly retryOnFail: boolean;
}

export const settings: readonly Setting[] = [
	{ name: 'Revoke and Reissue', onDuplicate: 'revoke', sendAgain: false, retryOnFail: false },
	{ name: 'Send Again', onDuplicate: 'revoke', sendAgain: true, retryOnFail: false },
	{ name: 'Keep Existing', onDuplicate: 'ignore', sendAgain: false, retryOnFail: false },
	{ name: 'Retry On Fail', onDuplicate: 'revoke', sendAgain: false, retryOnFail: true },
];

const endingOf = (json: IDataObject): Ending => {
	if (typeof json.coreClaimHash === 'string') {
		const { coreClaimHash, outcome } = json;
		return { how: 'issued', coreClaimHash, replayed: outcome === 'alreadyIssued' };
	}
	const { code, kind } = json as { code?: string; kind?: 'outcome-unknown' };
	return {
		how: 'error',
		code: code ?? 'none',
		kind: kind ?? 'nothing',
		message: `${text(json.error)} ${text(json.message)}`,
	};
};

let executions = 0;

/**
 * One execution for some people, each with an event ID of their own.
 *
 * @param people - names
 * @returns how each of them ended, by recipient; of an execution that stopped, only what is known
 */
export async function execute(
	credential: ICredentialDataDecryptedObject,
	people: readonly string[],
	{ onDuplicate, sendAgain, retryOnFail }: Setting,
	options: IDataObject = {},
): Promise<Map<string, Ending>> {
	executions += 1;
	const parameters: INode['parameters'] = {
		onDuplicate,
		idempotency: 'event',
		eventId: '={{ $json.email }}',
		options: { sendAgainWhenUnknown: sendAgain, ...options },
	};
	const rest: Partial<INode> = retryOnFail
		? { retryOnFail, maxTries: 2, waitBetweenTries: 0 }
		: { onError: 'continueRegularOutput' };
	const { json, error } = await runWorkflow(
		issueWorkflow(
			people.map((name) => person(name)),
			parameters,
			rest,
		),
		credential,
		{ executionId: `fault-${executions}` },
	);
	const endings = new Map<string, Ending>();
	for (const [index, item] of json('Done').entries()) {
		endings.set(`${people[index] ?? ''}@example.com`, endingOf(item));
	}
	if (error !== undefined) {
		const at = /^Row (\d+) of/.exec(error.description ?? '')?.[1];
		const code = /More about (AIR_\w+)</.exec(error.description ?? '')?.[1] ?? '';
		const name = people[at === undefined ? 0 : Number(at) - 1] ?? '';
		const { message } = error;
		const { kind } = errorCatalogue[code as AirErrorCode];
		endings.set(`${name}@example.com`, { how: 'error', code, kind, message });
	}
	return endings;
}
