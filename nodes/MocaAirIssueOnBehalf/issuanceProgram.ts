import type { INodeProperties } from 'n8n-workflow';

/** What to issue. */
export const issuanceProgram: INodeProperties = {
	displayName: 'Issuance Program',
	name: 'issuanceProgram',
	type: 'resourceLocator',
	default: { mode: 'id', value: '' },
	required: true,
	description:
		'What to issue: the program ID from the AIR dashboard under Issuer → Programs. The program must be published.',
	modes: [
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. c21s70g0i54sn0023172Cv',
		},
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			hint: 'Programs that the ledger has issued from; AIR has no list of all',
			typeOptions: { searchListMethod: 'usedPrograms', searchable: true },
		},
	],
};
