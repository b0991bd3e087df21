import {
	NodeOperationError,
	type ILoadOptionsFunctions,
	type ResourceMapperField,
	type ResourceMapperFields,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { SubjectAttribute } from '../../issuance/subject/schema/attributes';
import {
	schemaFromExample,
	schemaFromJsonSchema,
	type SubjectSchema,
} from '../../issuance/subject/schema/readSchema';
import { VALUE_TYPES } from '../../issuance/subject/values/valueTypes';

/** How much of a label the editor shows. */
const LONGEST_LABEL = 30;

/** n8n's form shows types only if n8n converts the values, so the label says what is expected. */
function labelOf({ name, type, choices = [] }: SubjectAttribute): string {
	const allowed = `${name} (${choices.join(', ')})`;
	if (choices.length > 0 && allowed.length <= LONGEST_LABEL) return allowed;
	const { short } = VALUE_TYPES[type];
	return short === '' ? name : `${name} (${short})`;
}

/**
 * No `type`: with one, n8n would silently convert the value itself, and show it if that fails.
 */
const fieldOf = (attribute: SubjectAttribute): ResourceMapperField => ({
	id: attribute.name,
	displayName: labelOf(attribute),
	required: attribute.required,
	display: true,
	defaultMatch: false,
	canBeUsedToMatch: false,
});

/** The fields of n8n's resource mapper for the attributes of a schema. */
export const mapperFields = ({ attributes }: SubjectSchema): ResourceMapperField[] =>
	attributes.map(fieldOf);

const isUntouched = (value: unknown) =>
	value == null || (typeof value === 'string' && /^\s*(?:\{\s*\})?\s*$/.test(value));

/**
 * The attributes in the form of Map Each Field: those of the example or the schema. A mistake in either
 * is shown in place of the form, because the editor shows no errors there.
 */
export async function subjectAttributes(
	this: ILoadOptionsFunctions,
): Promise<ResourceMapperFields> {
	const isSchema = this.getCurrentNodeParameter('schemaSource') === 'jsonSchema';
	const given: unknown = this.getCurrentNodeParameter(
		isSchema ? 'subjectSchema' : 'subjectExample',
	);
	if (isUntouched(given)) {
		const what = isSchema ? 'a JSON Schema' : 'an example subject';
		return { fields: [], emptyFieldsNotice: `Paste ${what} above: its attributes appear here.` };
	}
	try {
		const read = isSchema ? schemaFromJsonSchema : schemaFromExample;
		return await Promise.resolve({ fields: mapperFields(read(given)) });
	} catch (error) {
		if (!(error instanceof AirError)) throw new NodeOperationError(this.getNode(), error as Error);
		return { fields: [], emptyFieldsNotice: `${error.message}.` };
	}
}
