import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../air/AirError';
import type { OnDuplicate } from '../../air/answerError';
import { parseIssuerDid, parseProgram, parseRecipient } from '../../issuance/inputs';
import type { IssueRequest } from '../../issuance/issue';
import { parseSubject, subjectFromFields, type CredentialSubject } from '../../issuance/subject';

const fieldsSchema = z.looseObject({
	field: z
		.array(
			z.looseObject({
				name: z.string().default(''),
				type: z.enum(['string', 'number', 'boolean', 'date', 'json']).default('string'),
				value: z.unknown(),
			}),
		)
		.default([]),
});

function readSubject(context: IExecuteFunctions, itemIndex: number): CredentialSubject {
	if (context.getNodeParameter('subjectMode', itemIndex) === 'json') {
		return parseSubject(context.getNodeParameter('subjectJson', itemIndex));
	}
	const fields = fieldsSchema.safeParse(context.getNodeParameter('subjectFields', itemIndex, {}));
	if (!fields.success) {
		throw new AirError('AIR_SUBJECT_INVALID', { detail: 'Fields are not as expected' });
	}
	return subjectFromFields(
		fields.data.field.map(({ name, type, value }) => ({ name, type, value })),
	);
}

/** An expression may give anything, and only a clear word may lead to a revocation. */
function readOnDuplicate(value: unknown): OnDuplicate {
	if (value === 'ignore' || value === 'revoke') return value;
	throw new AirError('AIR_SETTING_INVALID', { detail: 'On Duplicate must be revoke or ignore' });
}

/**
 * Reads and checks everything that one item sends, before anything is sent.
 *
 * @param issuerDid - the option of the node, and the credential's, which an empty option means
 * @throws AirError `AIR_RECIPIENT_INVALID`, `AIR_PROGRAM_INVALID`, `AIR_ISSUER_DID_INVALID`,
 *   `AIR_SUBJECT_INVALID`, `AIR_SETTING_INVALID`
 */
export function readIssueRequest(
	context: IExecuteFunctions,
	itemIndex: number,
	issuerDid: { readonly option: string | undefined; readonly credential: string },
): IssueRequest {
	return {
		recipient: parseRecipient(context.getNodeParameter('recipient', itemIndex)),
		credentialId: parseProgram(
			context.getNodeParameter('issuanceProgram', itemIndex, '', { extractValue: true }),
		),
		credentialSubject: readSubject(context, itemIndex),
		issuerDid: parseIssuerDid(issuerDid.option, issuerDid.credential),
		onDuplicate: readOnDuplicate(context.getNodeParameter('onDuplicate', itemIndex)),
	};
}
