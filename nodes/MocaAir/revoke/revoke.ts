import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../../errors/AirError';
import { parseCredentialType, parseRecipient } from '../../../issuance/inputs/inputs';
import { revokeCredentials, type RevokeWhat } from '../../../issuance/direct/revokeCredentials';
import type { LedgerSession } from '../../../issuance/session/LedgerSession';
import type { Operation } from '../Operation';
import { optionalText, readFields } from '../ledgerRun/fields';
import { ledgerItems, type Found } from '../ledgerRun/ledgerItems';

const byWhat = (...what: string[]) => ({ show: { revokeBy: what } });

const properties: INodeProperties[] = [
	{
		displayName:
			'Revoking cannot be undone. Only verifiers that look up the status notice it: issue with the option Revocable set to Status List for that.',
		name: 'revokeNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Revoke By',
		name: 'revokeBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Event ID',
				value: 'event',
				description: 'What was issued for an event: the same Event ID as in Issue Directly',
			},
			{
				name: 'External ID',
				value: 'externalId',
				description: 'One credential: the field externalId of what was issued',
			},
			{
				name: 'Person and Type',
				value: 'person',
				description: 'All credentials of a type that a person holds',
			},
			{
				name: 'Revocation Number',
				value: 'number',
				description: 'One credential, also when its row or the person was erased from the ledger',
			},
		],
		default: 'person',
		description: 'How to name what to revoke',
	},
	{
		displayName: 'Recipient Email',
		name: 'recipient',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. ada@example.com',
		displayOptions: byWhat('person'),
		description: 'The address, spelled as it was issued to: upper and lower case count',
	},
	{
		displayName: 'Credential Type',
		name: 'credentialType',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://example.com/types/member',
		displayOptions: byWhat('person'),
		description: 'The type (vct), as in Issue Directly',
	},
	{
		displayName: 'Event ID',
		name: 'eventId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. evt_1MqqbKLt4dXK03v5',
		displayOptions: byWhat('event'),
		description: 'The ID of the event that it was issued for',
	},
	{
		displayName: 'External ID',
		name: 'externalId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. urn:uuid:2c5ea4c0-4067-41e9-8bad-9b1deb4d3b7d',
		displayOptions: byWhat('externalId'),
		description: 'The field externalId of the item that was issued, or of Get Many',
	},
	{
		displayName: 'Revocation Number',
		name: 'revocationNumber',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 4882047529106284031',
		displayOptions: byWhat('number'),
		description:
			'The field revocationNumber of the item that was issued. As text: a number would lose digits.',
	},
	{
		displayName: 'Note',
		name: 'note',
		type: 'string',
		default: '',
		placeholder: 'e.g. Left the club',
		description: 'Why. It is kept with the row.',
	},
];

/** A number with more digits than JavaScript keeps has already lost some. */
const exactText = () =>
	z
		.union([z.string(), z.int().refine(Number.isSafeInteger, 'must be text')], 'must be text')
		.transform((given) => String(given).trim())
		.refine(
			(text) => /^\d{1,20}$/.test(text),
			'must be the digits of a revocation number, as text',
		);

const common = {
	revokeBy: z.enum(['event', 'externalId', 'person', 'number'], 'is not one of its choices'),
	note: z.coerce.string('must be text').default(''),
};

const empty = (label: string) =>
	new AirError('AIR_SETTING_INVALID', { detail: `${label} is empty` });

function whatOf(context: IExecuteFunctions, itemIndex: number): RevokeWhat {
	const read = <Shape extends z.ZodRawShape>(shape: Shape) =>
		readFields(context, properties, shape, itemIndex);
	switch (read(common).revokeBy) {
		case 'person': {
			const { recipient, credentialType } = read({
				recipient: z.unknown().optional(),
				credentialType: z.unknown().optional(),
			});
			const vct = parseCredentialType(credentialType);
			return { by: 'person', recipient: parseRecipient(recipient), vct };
		}
		case 'event': {
			const { eventId } = read({ eventId: optionalText() });
			if (eventId === undefined) throw empty('Event ID');
			return { by: 'event', eventId, vct: undefined };
		}
		case 'externalId': {
			const { externalId } = read({ externalId: optionalText() });
			if (externalId === undefined) throw empty('External ID');
			return { by: 'externalId', externalId };
		}
		case 'number':
			return { by: 'number', number: read({ revocationNumber: exactText() }).revocationNumber };
	}
}

async function revoked(
	context: IExecuteFunctions,
	session: LedgerSession,
	itemIndex: number,
): Promise<Found[]> {
	const what = whatOf(context, itemIndex);
	const { note } = readFields(context, properties, common, itemIndex);
	const found = await revokeCredentials(session, { what, by: session.settings.origin, note });
	if (found.length > 0) return found.map((one) => ({ json: { ...one } }));
	const about = what.by === 'person' ? { email: what.recipient, vct: what.vct } : {};
	return [{ json: { outcome: 'nothingToRevoke', ...about } }];
}

/** Revokes what was issued directly, forever. */
export const revoke: Operation = {
	option: {
		name: 'Revoke',
		value: 'revoke',
		description: 'Make a credential that you issued directly invalid, for good',
		action: 'Revoke a credential',
		// A person must decide, so agents are also refused at run time.
		displayOptions: { show: { '@tool': [false] } },
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			changes: true,
			item: async (session, itemIndex, { give }) => {
				for (const one of await revoked(context, session, itemIndex)) give(one);
			},
		}),
};
