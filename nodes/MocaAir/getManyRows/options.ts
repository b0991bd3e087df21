import type { INodePropertyOptions } from 'n8n-workflow';
import { OUTCOME_WORDS, STATE_WORDS } from '../../../issuance/ledger/stateWords';
import { ROW_OUTCOMES, ROW_STATES, type RowOutcome } from '../../../ledger/Ledger';

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The states of rows, in the order of the alphabet, as n8n shows choices. */
export const stateOptions: INodePropertyOptions[] = [...ROW_STATES].sort().map((state) => ({
	name: capital(state),
	value: state,
	description: capital(STATE_WORDS[state]),
}));

const OUTCOME_NAMES: Readonly<Record<RowOutcome, string>> = {
	issued: 'Issued',
	kept: 'Kept',
	notIssued: 'Not Issued',
	unknown: 'Unknown',
	underWay: 'Under Way',
};

/** What became of rows, in the order of the alphabet. */
export const outcomeOptions: INodePropertyOptions[] = ROW_OUTCOMES.map((outcome) => ({
	name: OUTCOME_NAMES[outcome],
	value: outcome,
	description: capital(OUTCOME_WORDS[outcome]),
})).sort((a, b) => a.name.localeCompare(b.name));
