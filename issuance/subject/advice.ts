import { AirError } from '../../errors/AirError';

const JSON_FORMS =
	'Under JSON, write the names out, put quotation marks around each expression that gives text, and none around others: { "tier": "Gold", "name": "{{ $json.name }}", "age": {{ $json.age }} }.';

/** What to do about a refused subject, for the mode of the node. */
export const ADVICE = {
	json: `${JSON_FORMS} Nothing is converted there; for text from a sheet or a form, choose Map Each Field.`,
	jsonText: `${JSON_FORMS} Or give an object and no text: {{ { "name": $json.name } }}, without JSON.stringify. Only if the sender may choose all claims, use {{ JSON.parse($json.body.claims) }}.`,
	noFields: 'Press Add Field under Fields, and give each attribute its Name, Type and Value.',
	fields:
		'Look at the named field under Fields: Type must be the one that the schema gives the attribute, and Value must fit it.',
	mapper:
		'Look at the named attribute under Attributes: its value must fit its type. To allow other values, change the example or JSON Schema above.',
	noneMapped:
		'Fill in at least one attribute under Attributes: drag a field of the input onto it. If the field is filled in, look whether this item has a value there.',
	noneNamed:
		'Map Automatically takes the fields that are named like the attributes. Set Attributes In to the field that holds them, such as body behind a Webhook node. For fields with other names, choose Map Each Field.',
	automatic:
		'Look at the field of the incoming item that is named like the attribute. If it comes as text from a sheet or a form, switch on Convert Types.',
	converted:
		'Look at the field of the incoming item that is named like the attribute: its value must fit the type in the example or JSON Schema.',
} as const;

/**
 * Adds advice for the node's mode to the refusal of a subject, unless the refusal has advice of its own.
 *
 * @param advice - for the item, by its position
 * @throws what `read` throws
 * @example
 * ```ts
 * advising(readFields, () => ADVICE.fields)(0);
 * ```
 */
export function advising<T>(
	read: (itemIndex: number) => T,
	advice: (itemIndex: number) => string,
): (itemIndex: number) => T {
	return (itemIndex) => {
		try {
			return read(itemIndex);
		} catch (error) {
			if (!(error instanceof AirError) || error.code !== 'AIR_SUBJECT_INVALID') throw error;
			throw error.facts.note === undefined ? error.with({ note: advice(itemIndex) }) : error;
		}
	};
}
