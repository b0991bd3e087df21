import type { INodeProperties } from 'n8n-workflow';
import { AirError } from '../../../errors/AirError';
import { unpublishKey as giveUp } from '../../../issuance/status/liveKeys';
import { wholeNumberFrom } from '../../../n8n/parameters/settingInvalid';
import { optionalText, readFields } from '../ledgerRun/fields';
import { ledgerItems } from '../ledgerRun/ledgerItems';
import type { Operation } from '../Operation';

const MOST = 1_000_000_000;

const properties: INodeProperties[] = [
	{
		displayName:
			'Asks the ledger how many valid credentials a key has signed. This removes nothing by itself: take the key out of Further Public Keys of the credential afterwards, and publish the documents again.',
		name: 'unpublishNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Key ID',
		name: 'kid',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. my-key-2025',
		description: 'The kid of the key that you want to stop publishing',
	},
	{
		displayName: 'Credentials to Give Up',
		name: 'givenUp',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 0 },
		default: 0,
		description:
			'How many valid credentials you give up: without this key nobody can check them. If the number differs from the ledger’s, the node stops and says the right one.',
	},
];

const shape = {
	kid: optionalText(),
	givenUp: wholeNumberFrom(0, MOST, 'credentials').default(0),
};

/** Lets a key be removed that signed credentials; if some are still valid, their number must be given. */
export const unpublishKey: Operation = {
	option: {
		name: 'Unpublish Key',
		value: 'unpublishKey',
		description:
			'Find out whether a former key may be removed, or give up the credentials that need it',
		action: 'Unpublish a key',
		// A person must decide, so agents are also refused at run time.
		displayOptions: { show: { '@tool': [false] } },
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			changes: true,
			item: async (session, itemIndex, { give }) => {
				const { kid, givenUp } = readFields(context, properties, shape, itemIndex);
				if (kid === undefined) {
					throw new AirError('AIR_SETTING_INVALID', { detail: 'Key ID is empty' });
				}
				const { credentials, stillNeeded } = await giveUp(session, kid, givenUp);
				const found = { mayGo: true, credentialsGivenUp: credentials };
				give({ json: { keyId: kid, ...found, stillNeeded: [...stillNeeded] } });
			},
		}),
};
