import type { INodePropertyOptions } from 'n8n-workflow';
import { STATE_WORDS } from '../../../issuance/ledger/stateWords';
import { ROW_STATES } from '../../../ledger/Ledger';

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The states of rows, in the order of the alphabet, as n8n shows choices. */
export const stateOptions: INodePropertyOptions[] = [...ROW_STATES].sort().map((state) => ({
	name: capital(state),
	value: state,
	description: capital(STATE_WORDS[state]),
}));
