import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../../errors/AirError';
import { parseHash } from '../../../issuance/inputs/inputs';
import { findRow, type RowName } from '../../../issuance/ledger/findRow';
import { trueOrFalse } from '../../../n8n/parameters/settingInvalid';
import type { Operation } from '../Operation';
import { optionalText, readFields, rowId, rowItem } from '../ledgerRun/fields';
import { simplify } from '../../../n8n/parameters/simplify';
import { ledgerItems } from '../ledgerRun/ledgerItems';

const properties: INodeProperties[] = [
	{
		displayName: 'Find By',
		name: 'findBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Core Claim Hash', value: 'hash', description: 'What AIR called the issuance' },
			{ name: 'Event ID', value: 'event', description: 'What the sender called the event' },
			{
				name: 'External ID',
				value: 'external',
				description: 'The ID in a credential that was issued directly',
			},
			{ name: 'Ledger Row', value: 'id', description: 'The ID that errors and the trigger name' },
		],
		default: 'hash',
		description: 'How to find the issuance',
	},
	{
		displayName: 'Core Claim Hash',
		name: 'coreClaimHash',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 0522d8…',
		displayOptions: { show: { findBy: ['hash'] } },
		description: 'The field coreClaimHash from Moca AIR Issue on Behalf',
	},
	{
		displayName: 'Event ID',
		name: 'eventId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. evt_1PqXyz',
		displayOptions: { show: { findBy: ['event'] } },
		description: 'The Event ID that Issue on Behalf or Issue Directly was given',
	},
	{
		displayName: 'Issuance Program',
		name: 'program',
		type: 'string',
		default: '',
		placeholder: 'e.g. c21s70g0i54sn0023172Cv',
		displayOptions: { show: { findBy: ['event'] } },
		description:
			'The program ID, or the type (vct) of what was issued directly. One event may issue credentials of several programs. Without it, the newest.',
	},
	{
		displayName: 'External ID',
		name: 'externalId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. urn:uuid:6c0f…',
		displayOptions: { show: { findBy: ['external'] } },
		description: 'The field externalId from Issue Directly',
	},
	{
		displayName: 'Ledger Row',
		name: 'ledgerRow',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 1030',
		displayOptions: { show: { findBy: ['id'] } },
		description: 'The ID of the row: the field ledgerRow of the trigger and of Get Many',
	},
	simplify,
];

const text = (label: string) =>
	optionalText().transform((given) => {
		if (given !== undefined) return given;
		throw new AirError('AIR_SETTING_INVALID', { detail: `${label} is empty` });
	});

const findBySchema = {
	findBy: z.enum(['hash', 'event', 'external', 'id'], 'is not one of its choices').default('hash'),
	simplify: trueOrFalse().default(true),
};

function nameOf(context: IExecuteFunctions, findBy: RowName['by'], itemIndex: number): RowName {
	switch (findBy) {
		case 'hash': {
			const shape = { coreClaimHash: z.unknown().optional() };
			const { coreClaimHash } = readFields(context, properties, shape, itemIndex);
			return { by: 'hash', coreClaimHash: parseHash(coreClaimHash) };
		}
		case 'event': {
			const shape = { eventId: text('Event ID'), program: optionalText() };
			const { eventId, program } = readFields(context, properties, shape, itemIndex);
			return { by: 'event', eventId, program };
		}
		case 'external': {
			const shape = { externalId: text('External ID') };
			const { externalId } = readFields(context, properties, shape, itemIndex);
			return { by: 'external', externalId };
		}
		case 'id': {
			const { ledgerRow } = readFields(context, properties, { ledgerRow: rowId() }, itemIndex);
			return { by: 'id', id: ledgerRow };
		}
	}
}

/** One row of the ledger. */
export const getRow: Operation = {
	option: {
		name: 'Get',
		value: 'get',
		description: 'See one issuance, by its hash, row, event ID or external ID',
		action: 'Get an issuance',
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			item: async (session, itemIndex, { give }) => {
				const asked = readFields(context, properties, findBySchema, itemIndex);
				const row = await findRow(session, nameOf(context, asked.findBy, itemIndex));
				give(rowItem(row, asked.simplify));
			},
		}),
};
