import { json, MESSAGES, Refusal, type Answer } from './answers';
import type { Issuance, IssuanceProgram, Partner, State } from './state';
import { checkSubject } from './subject';

export interface Issued {
	answer: Answer;
	outcome: 'issued' | 'reissued' | 'existing';
	coreClaimHash: string;
}

/**
 * `POST /credentials/issue-on-behalf` (docs.moca.network, "Issue on Behalf API" and its openapi).
 * Synchronous on purpose: two requests can never both find that there is no duplicate yet.
 */
export function issueOnBehalf(
	state: State,
	partner: Partner,
	recipient: string,
	body: unknown,
): Issued {
	if (!partner.issueOnBehalf) throw new Refusal(403, MESSAGES.notAllowed);
	const request = readRequest(body);
	const program = programOf(state, partner, request.issuerDid, request.credentialId);
	checkSubject(request.credentialSubject, program.subject);
	if (!recipient.includes('@')) throw new Refusal(400, MESSAGES.invalidEmail);
	if (partner.declined.has(recipient)) {
		throw new Refusal(409, MESSAGES.conflict, 'consent declined by the recipient');
	}

	const user = state.userOf(recipient);
	const existing = state.duplicateOf(partner, program, user);
	if (existing !== undefined && request.onDuplicate === 'ignore') {
		if (partner.ignoredDuplicate === 409) {
			throw new Refusal(409, MESSAGES.conflict, `duplicate of ${existing.coreClaimHash}`);
		}
		return issued(existing, 'existing');
	}
	const issuance = state.issue(partner, program, user);
	if (existing === undefined) return issued(issuance, 'issued');
	existing.revokedBy = issuance.coreClaimHash;
	return issued(issuance, 'reissued');
}

function issued(issuance: Issuance, outcome: Issued['outcome']): Issued {
	const { coreClaimHash, programId, userUuid } = issuance;
	return {
		answer: json(200, { coreClaimHash, credentialId: programId, userUuid }),
		outcome,
		coreClaimHash,
	};
}

interface IssueRequest {
	issuerDid: string;
	credentialId: string;
	credentialSubject: Record<string, unknown>;
	onDuplicate: 'ignore' | 'revoke';
}

/** Unknown members are accepted: no source says that AIR refuses them. */
function readRequest(body: unknown): IssueRequest {
	const fields = isObject(body) ? body : {};
	const { onDuplicate = 'revoke' } = fields;
	const issuerDid = textField(fields, 'issuerDid');
	const credentialId = textField(fields, 'credentialId');
	const credentialSubject = required(fields, 'credentialSubject');
	if (!isObject(credentialSubject)) {
		throw new Refusal(400, 'Invalid field: credentialSubject must be an object');
	}
	if (onDuplicate !== 'ignore' && onDuplicate !== 'revoke') {
		throw new Refusal(400, 'Invalid field: onDuplicate must be ignore or revoke');
	}
	return { issuerDid, credentialId, credentialSubject, onDuplicate };
}

function required(fields: Record<string, unknown>, name: string): unknown {
	const value = fields[name];
	if (value === undefined || value === null || value === '') {
		throw new Refusal(400, `Missing required field: ${name}`);
	}
	return value;
}

function textField(fields: Record<string, unknown>, name: string): string {
	const value = required(fields, name);
	if (typeof value !== 'string') throw new Refusal(400, `Invalid field: ${name} must be a string`);
	return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Unknown IDs are 404, known ones that are not this partner's or do not belong together 403. */
function programOf(
	state: State,
	partner: Partner,
	issuerDid: string,
	programId: string,
): IssuanceProgram {
	const program = partner.programs.get(programId);
	if (program?.issuerDid !== issuerDid) {
		const known =
			state.isKnownDid(issuerDid) && (program !== undefined || state.isKnownProgram(programId));
		throw known
			? new Refusal(403, MESSAGES.schemaNotAllowed, 'issuerDid does not own the program')
			: new Refusal(404, MESSAGES.unknownProgram);
	}
	if (!program.published) throw new Refusal(404, MESSAGES.schemaNotFound, 'program is a draft');
	return program;
}
