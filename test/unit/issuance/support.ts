import type { AirClient } from '../../../air/AirClient';
import { repeatsUnknown } from '../../../air/pacing/repeat';
import { AirError } from '../../../errors/AirError';
import { deliver, type IssueRecord } from '../../../issuance/issue/deliver';
import { OnBehalf } from '../../../issuance/issue/OnBehalf';
import type { Issuance, IssueRequest, Issuing } from '../../../issuance/issue/Issuing';

/** What a test says of an issuance beside its request. */
export interface HowToIssue extends Omit<Issuing, 'request' | 'repeatUnknown' | 'stopped'> {
	readonly sendAgainWhenUnknown?: boolean;
}

/** An issuance as the node makes it, of a run that only a cancel stops. */
export const issuingOf = (
	request: IssueRequest,
	{ sendAgainWhenUnknown = false, ...rest }: HowToIssue = {},
): Issuing => ({
	request,
	repeatUnknown: repeatsUnknown(request.onDuplicate, sendAgainWhenUnknown),
	stopped: rest.signal,
	...rest,
});

/** Writes nothing down. */
const NO_RECORD: IssueRecord<Issuance, Issuance> = {
	answered: async (issuance) => await Promise.resolve(issuance),
	failed: async (error) => await Promise.resolve(error),
};

/** Issues, and writes nothing down. */
export const issueAlone = async (
	client: AirClient,
	request: IssueRequest,
	how?: HowToIssue,
): Promise<Issuance> => {
	const issuing = issuingOf(request, how);
	const begun = { door: new OnBehalf(client, issuing), record: NO_RECORD };
	const { baseUrl } = client.identity;
	return await deliver<Issuance, Issuance>(
		baseUrl,
		issuing,
		async () => await Promise.resolve(begun),
	);
};

/** The AirError that a call ends with; anything else fails the test. */
export async function airErrorOf(call: () => unknown): Promise<AirError> {
	try {
		await call();
	} catch (error) {
		if (error instanceof AirError) return error;
		throw error;
	}
	throw new Error('it did not fail');
}

/** What n8n and a log could show of an error, as one text; without the stack, which names files. */
export const everythingShown = (error: AirError) =>
	[error.message, error.description, JSON.stringify(error), JSON.stringify(error.facts)].join('\n');
