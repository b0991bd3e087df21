import type { AirClient, RequestOptions } from '../../air/AirClient';
import type { OnDuplicate } from '../../air/answers/answerError';
import type { Series } from '../../air/pacing/repeat';
import { LOOK_FIRST, type AirError } from '../../errors/AirError';
import { looksLikeSchemaId } from '../inputs/schemaId';
import type { Door } from './deliver';
import type { Issuance, Issuing } from './Issuing';
import { withoutOwnNames } from './ownNames';

/**
 * Issue on Behalf. An accepted issuance is *submitted*, not yet on-chain: see {@link waitUntilOnChain}.
 */
export class OnBehalf implements Door<Issuance> {
	constructor(
		private readonly client: AirClient,
		private readonly issuing: Issuing,
	) {}

	async post(options: RequestOptions): Promise<Issuance> {
		const { recipient, ...body } = this.issuing.request;
		const answer = await this.client.issueOnBehalf(recipient, body, options);
		return {
			...withoutOwnNames(answer),
			email: recipient,
			issuerDid: body.issuerDid,
			submittedAt: new Date().toISOString(),
		};
	}

	explained(error: AirError, { repeats }: Series): AirError {
		const { request, repeatUnknown } = this.issuing;
		const { onDuplicate, credentialId } = request;
		const known =
			error.kind === 'outcome-unknown'
				? error.with({
						note: [error.facts.note, unknownOutcomeNote(onDuplicate, repeatUnknown, repeats > 0)]
							.filter((note) => note !== undefined)
							.join(' '),
						safeToRepeat: onDuplicate === 'ignore',
					})
				: error;
		// The likeliest cause of a 404 is easy to see here, but not in AIR's answer.
		return known.httpStatus === 404 && looksLikeSchemaId(credentialId)
			? known.with({
					note: 'The issuance program looks like a schema ID; AIR wants the program ID.',
				})
			: known;
	}
}

const THEN_SETTLE = 'Then tell the ledger what you found, with the node Moca AIR: Ledger → Settle.';

/** The advice for an unknown outcome depends on what sending again would do. */
function unknownOutcomeNote(
	onDuplicate: OnDuplicate,
	repeatUnknown: boolean,
	repeated: boolean,
): string {
	const known = `AIR may or may not have issued this credential${repeated ? '; sending it again brought no clear answer either' : ''}.`;
	if (onDuplicate === 'ignore') {
		return `${known} With Keep Existing it is safe to send it again: what AIR has issued is kept.`;
	}
	return repeatUnknown
		? `${known} ${LOOK_FIRST} ${THEN_SETTLE}`
		: `${known} ${LOOK_FIRST} ${THEN_SETTLE} The node has not repeated it, because under Revoke and Reissue that would destroy what was issued; with Keep Existing, or the option Send Again When Outcome Is Unknown, it does.`;
}
