import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { parseRecipient } from '../../../issuance/inputs/inputs';
import {
	erasePerson as erase,
	lookUpPerson,
	type Spelling,
} from '../../../issuance/ledger/erasePerson';
import type { LedgerSession } from '../../../issuance/session/LedgerSession';
import { trueOrFalse } from '../../../n8n/parameters/settingInvalid';
import type { Operation } from '../Operation';
import { readFields } from '../ledgerRun/fields';
import { ledgerItems, type Found } from '../ledgerRun/ledgerItems';

const properties: INodeProperties[] = [
	{
		displayName: 'Recipient Email',
		name: 'recipient',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. ada@example.com',
		description: 'The address to erase from the ledger, of this credential only',
	},
	{
		displayName: 'Spelling',
		name: 'spelling',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Any Spelling',
				value: 'any',
				description: 'Ada@example.com and ada@example.com are one person',
			},
			{
				name: 'Exactly This One',
				value: 'exact',
				description: 'Upper and lower case count; other spellings stay',
			},
		],
		default: 'any',
		description: 'Whether upper and lower case count',
	},
	{
		displayName: 'Dry Run',
		name: 'dryRun',
		type: 'boolean',
		default: true,
		description:
			'Whether to only count what there is. Switch it off to erase: that cannot be undone.',
	},
	{
		displayName:
			'Erasing cannot be undone. An event for this person that is delivered again can issue again. Nothing changes at AIR; backups, and executions that n8n has saved, keep the address.',
		name: 'eraseNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { dryRun: [false] } },
	},
];

const shape = {
	recipient: z.unknown().optional(),
	spelling: z.enum(['any', 'exact'], 'is not one of its choices').default('any'),
	// Only false erases; any other result of an expression changes nothing.
	dryRun: trueOrFalse().default(true),
};

const sum = (spellings: readonly Spelling[], what: 'rows' | 'held' | 'unknown') =>
	spellings.reduce((total, one) => total + one[what], 0);

const named = ({ email, rows }: Spelling) => ({ email, rows });

async function erased(
	context: IExecuteFunctions,
	{ ledger, realm, settings }: LedgerSession,
	itemIndex: number,
): Promise<Found> {
	const { dryRun, spelling, ...given } = readFields(context, properties, shape, itemIndex);
	const recipient = parseRecipient(given.recipient);
	const found = await lookUpPerson(ledger, recipient, realm);
	const meant = found.filter(({ email }) => spelling === 'any' || email === recipient);
	const others = found.filter((one) => !meant.includes(one));
	const names = meant.map(({ email }) => email);
	const gone = dryRun ? 0 : await erase(ledger, names, realm);
	if (!dryRun) {
		// The log shows later that it was done, without the address.
		const { workflowId, executionId } = settings.origin;
		settings.log(
			`a person was erased from the ledger (rows: ${gone}, workflow ${workflowId}, execution ${executionId})`,
		);
	}
	return {
		json: {
			email: recipient,
			dryRun,
			rows: sum(meant, 'rows'),
			erased: gone,
			spellings: meant.map(named),
			otherSpellings: others.map(named),
			stillHeld: sum(meant, 'held'),
			unknown: sum(meant, 'unknown'),
		},
	};
}

/** Erases a person from the ledger. */
export const erasePerson: Operation = {
	option: {
		name: 'Erase Person',
		value: 'erasePerson',
		description: 'Delete everything the ledger holds about a person; by default, only count it',
		action: 'Erase a person from the ledger',
		// A person must decide, so agents are also refused at run time.
		displayOptions: { show: { '@tool': [false] } },
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			changes: true,
			item: async (session, itemIndex, { give }) => {
				give(await erased(context, session, itemIndex));
			},
		}),
};
