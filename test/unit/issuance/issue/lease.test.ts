import { DEFAULT_REQUEST_TIMEOUT_MS } from '../../../../air/AirClient';
import { DEFAULT_REPEAT_LIMITS } from '../../../../air/pacing/repeat';
import { laneOf, type IssueRequest } from '../../../../issuance/issue/Issuing';
import { leaseMsFor } from '../../../../issuance/issue/known';

/** An answer that a cancel overtook is waited for so long, … */
const AFTER_A_CANCEL_MS = 5_000;
/** … and one that could not be written is written again for so long. */
const WRITTEN_AGAIN_MS = 100 + 400 + 1_500 + 4_000;

test.each([1_000, DEFAULT_REQUEST_TIMEOUT_MS, 300_000])(
	'with a time-out of %i ms an attempt is over, and written down, before its lease is',
	(timeoutMs) => {
		const longest = DEFAULT_REPEAT_LIMITS.withinMs + timeoutMs + AFTER_A_CANCEL_MS;
		expect(leaseMsFor(timeoutMs)).toBeGreaterThan(longest + WRITTEN_AGAIN_MS);
	},
);

test('without a time-out of its own it is the usual one', () => {
	expect(leaseMsFor()).toBe(leaseMsFor(DEFAULT_REQUEST_TIMEOUT_MS));
});

const request = (recipient: string, credentialId = 'c1'): IssueRequest => ({
	recipient,
	issuerDid: 'did:web:issuer.example',
	credentialId,
	credentialSubject: {},
	onDuplicate: 'revoke',
});

test('one person, however the address is written, has one lane for a program', () => {
	expect(laneOf(request('Ada@Example.com'))).toBe(laneOf(request('ada@example.com')));
	expect(laneOf(request('ada@example.com'))).not.toBe(laneOf(request('bob@example.com')));
	expect(laneOf(request('ada@example.com'))).not.toBe(laneOf(request('ada@example.com', 'c2')));
});
