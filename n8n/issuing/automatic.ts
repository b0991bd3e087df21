import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { ItemJson } from '../../issuance/subject/itemFields';
import { isTool } from '../run/execution';
import { parameter, type Parameter } from '../parameters/parameter';

/**
 * Reads the mode of the credential subject.
 *
 * @throws AirError `AIR_TOOL_AUTOMATIC`: an agent's item does not show which fields the model filled in
 */
export function subjectModes(context: IExecuteFunctions): Parameter<string> {
	const parse = (mode: unknown) => {
		if (mode === 'automatic' && isTool(context)) throw new AirError('AIR_TOOL_AUTOMATIC');
		return String(mode);
	};
	return parameter(context, 'subjectMode', parse, { fallback: 'mapper' });
}

/** The JSON of the incoming items. */
export function itemJson(context: IExecuteFunctions): Parameter<ItemJson> {
	const items = context.getInputData();
	return (itemIndex) => items[itemIndex]?.json ?? {};
}

/** The name of a field in a parameter; empty when there is none. */
export const nameIn = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** Names of fields in a parameter, separated by commas. */
export const namesIn = (value: unknown): string[] =>
	nameIn(value)
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
