import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { parseHash } from '../../../issuance/inputs/inputs';
import { simpleRow } from '../../../issuance/ledger/rowFields';
import { settleRow as settle } from '../../../issuance/ledger/settleRow';
import type { LedgerSession } from '../../../issuance/session/LedgerSession';
import type { SettleAs } from '../../../ledger/Ledger';
import type { Operation } from '../Operation';
import { optionalText, readFields, rowId } from '../ledgerRun/fields';
import { ledgerItems, type Found } from '../ledgerRun/ledgerItems';

const properties: INodeProperties[] = [
	{
		displayName:
			'First look the recipient up in the AIR dashboard: Issuer → Claim Records. What you say here decides whether a repeat is sent.',
		name: 'settleNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Ledger Row',
		name: 'ledgerRow',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 1030',
		description:
			'The row whose outcome is unknown: the field ledgerRow of the trigger and of Get Many',
	},
	{
		displayName: 'What Became of It',
		name: 'outcome',
		type: 'options',
		options: [
			{
				name: 'It Was Issued',
				value: 'issued',
				description: 'It is in the AIR dashboard. A repeat is answered from the ledger.',
			},
			{
				name: 'It Was Not Issued',
				value: 'notIssued',
				description: 'It is not there. It is sent when the item or the event comes again.',
			},
			{
				name: 'Nobody Knows: Send Again',
				value: 'sendAgain',
				description:
					'Safe with Keep Existing. With Revoke and Reissue, what may have been issued is replaced.',
			},
		],
		default: 'issued',
		description: 'What you found out',
	},
	{
		displayName: 'Core Claim Hash',
		name: 'coreClaimHash',
		type: 'string',
		default: '',
		placeholder: 'e.g. 0522d8…',
		displayOptions: { show: { outcome: ['issued'] } },
		description:
			'If you know it. Then AIR is asked how far the issuance is, and a replay has the hash.',
	},
	{
		displayName: 'Note',
		name: 'note',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. Bob: not in Claim Records',
		description:
			'Who looked, and where. It is kept with the row: n8n does not tell a node who runs it.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Attempt',
				name: 'attempt',
				type: 'string',
				default: '',
				placeholder: 'e.g. 1',
				description:
					'The field attempt of the trigger or of Get Many. If it was sent again since, nothing is settled.',
			},
		],
	},
];

const shape = {
	ledgerRow: rowId(),
	outcome: z.enum(['issued', 'notIssued', 'sendAgain'], 'is not one of its choices'),
	note: optionalText().transform((given) => given ?? ''),
	options: z
		.looseObject(
			{
				attempt: z.preprocess(
					(given) => (given === '' || given === null ? undefined : given),
					rowId().optional(),
				),
			},
			'are not as expected',
		)
		.default({}),
};

const OUTCOMES = { notIssued: 'not-issued', sendAgain: 'send-again' } as const;

function answerOf(
	context: IExecuteFunctions,
	outcome: 'issued' | keyof typeof OUTCOMES,
	itemIndex: number,
): SettleAs {
	if (outcome !== 'issued') return { outcome: OUTCOMES[outcome] };
	const hash = readFields(context, properties, { coreClaimHash: optionalText() }, itemIndex);
	const known = hash.coreClaimHash;
	return {
		outcome,
		coreClaimHash: known === undefined ? null : parseHash(known),
		userUuid: null,
	};
}

async function settled(
	context: IExecuteFunctions,
	session: LedgerSession,
	itemIndex: number,
): Promise<Found> {
	const { ledgerRow, outcome, note, options } = readFields(context, properties, shape, itemIndex);
	const row = await settle(session, {
		id: ledgerRow,
		attempt: options.attempt,
		as: answerOf(context, outcome, itemIndex),
		by: session.settings.origin,
		note,
	});
	return { json: { ...simpleRow(row), settledAs: outcome, note: note.trim() } };
}

/** Settles an issuance with an unknown outcome, after a person has looked. */
export const settleRow: Operation = {
	option: {
		name: 'Settle',
		value: 'settle',
		description: 'Say what became of an issuance whose outcome is unknown',
		action: 'Settle an unknown outcome',
		// A person must decide, so agents are also refused at run time.
		displayOptions: { show: { '@tool': [false] } },
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			changes: true,
			item: async (session, itemIndex, { give }) => {
				give(await settled(context, session, itemIndex));
			},
		}),
};
