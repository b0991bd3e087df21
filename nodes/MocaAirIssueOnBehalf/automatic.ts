import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { fieldAt, noField, type ItemJson } from '../../issuance/subject/itemFields';
import { isTool } from '../../n8n/run/execution';
import { parameter, type Parameter } from '../../n8n/parameters/parameter';

/**
 * Whether values come straight from the fields of the items, and no expression is evaluated.
 *
 * @throws AirError `AIR_TOOL_AUTOMATIC`: in an agent's item nothing says what the model gave
 */
export function isAutomatic(context: IExecuteFunctions): Parameter<boolean> {
	const parse = (mode: unknown) => {
		if (mode === 'automatic' && isTool(context)) throw new AirError('AIR_TOOL_AUTOMATIC');
		return mode === 'automatic';
	};
	return parameter(context, 'subjectMode', parse, { fallback: 'fields' });
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

/**
 * Reads the field whose name a parameter holds.
 *
 * @param otherwise - gives the value for an item without that field, from the words for it
 */
export function fieldNamedBy(
	context: IExecuteFunctions,
	name: string,
	otherwise: (detail: string) => unknown = () => undefined,
): Parameter<unknown> {
	const field = parameter(context, name, nameIn, { fallback: '' });
	const json = itemJson(context);
	return (itemIndex) => {
		const path = field(itemIndex);
		const value = fieldAt(json(itemIndex), path);
		return value === undefined && path !== '' ? otherwise(noField(json(itemIndex), path)) : value;
	};
}

/**
 * Reads the address of the recipient from the field that Recipient Field names.
 *
 * @throws AirError `AIR_RECIPIENT_INVALID` when the item has no such field
 */
export function recipientField(context: IExecuteFunctions): Parameter<unknown> {
	const field = parameter(context, 'recipientField', nameIn, { fallback: 'email' });
	const json = itemJson(context);
	return (itemIndex) => {
		const name = field(itemIndex);
		if (name.includes('@')) {
			throw new AirError('AIR_RECIPIENT_INVALID', {
				detail: 'Recipient Field takes the name of a field, such as email, and not an address',
			});
		}
		const value = fieldAt(json(itemIndex), name);
		if (value !== undefined) return value;
		throw new AirError('AIR_RECIPIENT_INVALID', {
			detail: name === '' ? 'Recipient Field is empty' : noField(json(itemIndex), name),
		});
	};
}
