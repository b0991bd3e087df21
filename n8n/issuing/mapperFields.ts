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

/** What the editor shows of a label before it cuts it off. */
const LONGEST_LABEL = 30;

/** A form of n8n shows no types unless it may convert by itself, so the label says what is wanted. */
function labelOf({ name, type, choices = [] }: SubjectAttribute): string {
	const allowed = `${name} (${choices.join(', ')})`;
	if (choices.length > 0 && allowed.length <= LONGEST_LABEL) return allowed;
	const { short } = VALUE_TYPES[type];
	return short === '' ? name : `${name} (${short})`;
}

/**
 * Without a `type`: with one, n8n would convert the value itself, without saying so, and print it
 * when that fails.
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
 * The attributes that the form of Map Each Field offers: those of the example, or of the schema. What
 * is wrong with either is said in place of the form, because the editor shows no error there.
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
