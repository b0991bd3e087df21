import { AirError } from '../../../errors/AirError';
import { idempotencyModes } from '../../../n8n/issuing/idempotencyMode';
import { issueOptions } from '../../../n8n/issuing/issueOptions';
import { callOptionsReader } from '../../../n8n/parameters/callOptions';
import { issueRequests } from '../../../nodes/MocaAirIssueOnBehalf/issueRequest';
import { properties } from '../../../nodes/MocaAirIssueOnBehalf/properties';
import { fakeContext } from './support';

const good = {
	recipient: ' ada@example.com ',
	issuanceProgram: ' c21s70g0i54sn0023172Cv ',
	subjectMode: 'fields',
	subjectFields: { field: [{ name: 'kycLevel', type: 'string', value: 'basic' }] },
	onDuplicate: 'revoke',
};
const did = { option: undefined, credential: 'did:web:issuer' };

const read = (change: Record<string, unknown> = {}) =>
	issueRequests(fakeContext({ parameters: { ...good, ...change } }).context)(0, did);

function errorOf(change: Record<string, unknown>): AirError {
	try {
		read(change);
	} catch (error) {
		if (error instanceof AirError) return error;
		throw error;
	}
	throw new Error('it was read');
}

test('reads and trims what one item sends', () => {
	expect(read()).toEqual({
		recipient: 'ada@example.com',
		credentialId: 'c21s70g0i54sn0023172Cv',
		credentialSubject: { kycLevel: 'basic' },
		issuerDid: 'did:web:issuer',
		onDuplicate: 'revoke',
	});
});

test('each mode reads its own parameter, whatever the other one holds', () => {
	const json = { subjectMode: 'json', subjectJson: { tier: 'Gold' }, subjectFields: 'broken' };
	expect(read(json).credentialSubject).toEqual({ tier: 'Gold' });
	expect(read({ subjectJson: '{' }).credentialSubject).toEqual({ kycLevel: 'basic' });
});

test('a field whose type was never touched is text', () => {
	const subjectFields = { field: [{ name: 'kycLevel', value: 'basic' }] };
	expect(read({ subjectFields }).credentialSubject).toEqual({ kycLevel: 'basic' });
});

test.each([
	['ignore', 'ignore'],
	['revoke', 'revoke'],
])('On Duplicate %s', (onDuplicate, expected) => {
	expect(read({ onDuplicate }).onDuplicate).toBe(expected);
});

// Anything but the two words would otherwise become the one that destroys.
test.each([undefined, null, '', 'keep', 'Ignore', 'Keep Existing', true, ['ignore']])(
	'On Duplicate %j is refused, never taken for Revoke and Reissue',
	(onDuplicate) => {
		const error = errorOf({ onDuplicate });
		expect(error.code).toBe('AIR_SETTING_INVALID');
		expect(error.message).toMatch(/On Duplicate must be revoke or ignore/);
	},
);

test.each<[string, unknown, RegExp]>([
	['no fields', {}, /no attributes/],
	['an empty list', { field: [] }, /no attributes/],
	['an expression that gave text', 'SECRET', /Fields are not as expected/],
	['an expression that gave nothing', null, /Fields are not as expected/],
	['a list in its place', [{ name: 'SECRET' }], /Fields are not as expected/],
	[
		'a name that is not text',
		{ field: [{ name: 5, value: 'SECRET' }] },
		/Fields are not as expected/,
	],
	['an unknown type', { field: [{ name: 'a', type: 'SECRET' }] }, /Fields are not as expected/],
])('fields: %s', (_what, subjectFields, words) => {
	const error = errorOf({ subjectFields });
	expect(error.code).toBe('AIR_SUBJECT_INVALID');
	expect(error.message).toMatch(words);
	expect(`${error.message}${error.description}`).not.toContain('SECRET');
});

test.each<[string, Record<string, unknown>, string]>([
	['recipient', { recipient: undefined }, 'AIR_RECIPIENT_INVALID'],
	['program', { issuanceProgram: undefined }, 'AIR_PROGRAM_INVALID'],
	['subject', { subjectMode: 'json', subjectJson: undefined }, 'AIR_SUBJECT_INVALID'],
])('a missing %s has its own error', (_what, change, code) => {
	expect(errorOf(change).code).toBe(code);
});

test('Map Automatically asks n8n for nothing that depends on the number of items', () => {
	const asked = (items: number) => {
		let times = 0;
		const { context } = fakeContext({
			parameters: {
				...good,
				subjectMode: 'automatic',
				recipient: '={{ $json.email }}',
				convertTypes: true,
				subjectExample: '{"tier": "Gold"}',
				idempotency: 'event',
				eventId: '={{ $json.event }}',
				options: { reference: '={{ $json.event }}' },
				'options.reference': '={{ $json.event }}',
				expert: { requestTimeout: 5 },
			},
		});
		const getNodeParameter = context.getNodeParameter.bind(context);
		const counted = {
			...context,
			getInputData: () =>
				Array.from({ length: items }, (_, index) => ({
					json: { email: `p${index}@example.com`, tier: 'Gold', event: `evt_${index}` },
				})),
			getNodeParameter: (...args: Parameters<typeof getNodeParameter>) => {
				times++;
				return getNodeParameter(...args);
			},
			evaluateExpression: () => {
				throw new Error('nothing is to be evaluated');
			},
		} as typeof context;
		const requestOf = issueRequests(counted);
		const modeOf = idempotencyModes(counted);
		const optionsOf = issueOptions(counted, callOptionsReader(properties));
		for (let item = 0; item < items; item++) {
			expect(requestOf(item, did)).toMatchObject({
				recipient: `p${item}@example.com`,
				credentialSubject: { tier: 'Gold' },
			});
			expect(modeOf(item, 24)).toEqual({ mode: 'event', eventId: `evt_${item}` });
			expect(optionsOf(item)).toMatchObject({ reference: `evt_${item}`, timeoutMs: 5000 });
		}
		return times;
	};
	expect(asked(500)).toBe(asked(1));
});

test('a mode that is none is refused', () => {
	expect(errorOf({ subjectMode: 'constructor' }).code).toBe('AIR_SETTING_INVALID');
});
