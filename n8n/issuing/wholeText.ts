import type { IExecuteFunctions } from 'n8n-workflow';
import { joinIdParts } from '../../issuance/inputs/eventId';
import { noField } from '../../issuance/subject/itemFields';
import { fieldOf } from '../parameters/itemReferences';
import { parameter, type Parameter } from '../parameters/parameter';
import { templateReader } from '../parameters/template';
import { itemJson } from './automatic';

/**
 * Makes a reader of a parameter that identifies a person or an event. It refuses an expression without
 * a value, since the rest could name a different person or event.
 *
 * @param name - of the parameter
 * @param parse - reads the whole text
 * @param refuse - makes the error for an expression without a value
 * @throws what `refuse` makes and `parse` throws, and what n8n throws for a broken expression
 */
export function wholeText<T>(
	context: IExecuteFunctions,
	name: string,
	parse: (value: unknown) => T,
	refuse: (detail: string) => Error,
): Parameter<T> {
	const typed = parameter(context, name, parse, { fallback: '' });
	const partsOf = templateReader(context, name);
	const json = itemJson(context);
	return (itemIndex) => {
		const parts = partsOf(itemIndex);
		if (parts === undefined) return typed(itemIndex);
		for (const { expression = '', value } of parts) {
			const field = value === undefined ? fieldOf(expression) : undefined;
			if (field !== undefined) throw refuse(noField(json(itemIndex), field));
		}
		return parse(joinIdParts(parts, refuse));
	};
}
