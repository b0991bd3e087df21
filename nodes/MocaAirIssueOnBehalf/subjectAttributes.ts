import {
	NodeOperationError,
	type ILoadOptionsFunctions,
	type ResourceMapperField,
	type ResourceMapperFields,
} from 'n8n-workflow';
import { AirError } from '../../air/AirError';
import { ownWords } from '../../credentials/ownWords';
import { WANTED } from '../../issuance/convertValue';
import type { SubjectAttribute } from '../../issuance/jsonSchema';
import {
	schemaFromExample,
	schemaFromJsonSchema,
	type SubjectSchema,
} from '../../issuance/subjectSchema';

const LONGEST_CHOICES = 60;

/** A form of n8n shows no types unless it may convert by itself, so the label says what is wanted. */
function labelOf({ name, type, choices }: SubjectAttribute): string {
	const words = choices?.join(', ') ?? '';
	if (words !== '' && words.length <= LONGEST_CHOICES) return `${name} (${words})`;
	return type === 'any' ? name : `${name} (${WANTED[type]})`;
}

/**
 * Without a `type`: with one, n8n would convert the value itself, without saying so, and print it
 * when that fails (n8n-facts §8.9).
 */
const fieldOf = (attribute: SubjectAttribute): ResourceMapperField => ({
	id: attribute.name,
	displayName: labelOf(attribute),
	required: attribute.required,
	display: true,
	defaultMatch: false,
	canBeUsedToMatch: false,
});

const isUntouched = (value: unknown) =>
	value == null || (typeof value === 'string' && /^\s*(?:\{\s*\})?\s*$/.test(value));

/** The attributes that the form of Map Each Field offers: those of the example, or of the schema. */
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
	const read = (): SubjectSchema => (isSchema ? schemaFromJsonSchema : schemaFromExample)(given);
	try {
		return await Promise.resolve({ fields: read().attributes.map(fieldOf) });
	} catch (error) {
		if (!(error instanceof AirError)) throw new NodeOperationError(this.getNode(), error as Error);
		throw new NodeOperationError(this.getNode(), ownWords(error.message), {
			description: error.description,
		});
	}
}
