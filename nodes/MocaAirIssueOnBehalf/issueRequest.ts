import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { OnDuplicate } from '../../air/answers/answerError';
import { parseIssuerDid, parseProgram } from '../../issuance/inputs/inputs';
import type { IssueRequest } from '../../issuance/issue/Issuing';
import { parameter } from '../../n8n/parameters/parameter';
import { subjectModes } from '../../n8n/issuing/automatic';
import { subjects } from '../../n8n/issuing/subjects';
import { recipients } from '../../n8n/issuing/recipients';

/** An expression may give anything, but only an exact value may lead to a revocation. */
function parseOnDuplicate(value: unknown): OnDuplicate {
	if (value === 'ignore' || value === 'revoke') return value;
	throw new AirError('AIR_SETTING_INVALID', { detail: 'On Duplicate must be revoke or ignore' });
}

/** The issuer DID of the node's options; if that is empty, the credential's. */
export interface IssuerDids {
	readonly option: string | undefined;
	readonly credential: string;
}

/**
 * Reads and checks everything that an item sends, before anything is sent; create it once per run.
 *
 * @throws AirError `AIR_RECIPIENT_INVALID`, `AIR_PROGRAM_INVALID`, `AIR_ISSUER_DID_INVALID`,
 *   `AIR_SUBJECT_INVALID`, `AIR_SCHEMA_INVALID`, `AIR_SETTING_INVALID`
 */
export function issueRequests(
	context: IExecuteFunctions,
): (itemIndex: number, issuerDid: IssuerDids) => IssueRequest {
	const mode = subjectModes(context);
	const recipient = recipients(context);
	const program = parameter(context, 'issuanceProgram', parseProgram, {
		fallback: '',
		extractValue: true,
	});
	const subject = subjects(context);
	const onDuplicate = parameter(context, 'onDuplicate', parseOnDuplicate);
	return (itemIndex, issuerDid) => {
		// Comes first: in a tool, other fields would be refused for the same reason with another message.
		mode(itemIndex);
		return {
			recipient: recipient(itemIndex),
			credentialId: program(itemIndex),
			credentialSubject: subject(itemIndex),
			issuerDid: parseIssuerDid(issuerDid.option, issuerDid.credential),
			onDuplicate: onDuplicate(itemIndex),
		};
	};
}
