import type { IExecuteFunctions } from 'n8n-workflow';
import { joinIdParts } from '../../issuance/inputs/eventId';
import { parameter, type Parameter } from '../../n8n/parameters/parameter';
import { templateReader } from '../../n8n/parameters/template';

/**
 * Makes a reader of a parameter that identifies a person or an event: refused when one of its
 * expressions gives nothing, since the rest could be another person or event.
 *
 * @param name - of the parameter
 * @param parse - reads the whole
 * @param refuse - makes the error for an expression that gives nothing
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
	return (itemIndex) => {
		const parts = partsOf(itemIndex);
		return parts === undefined ? typed(itemIndex) : parse(joinIdParts(parts, refuse));
	};
}
