import { AirError } from '../../../../errors/AirError';
import { callOptionsReader } from '../../../../n8n/parameters/callOptions';
import { properties } from '../../../../nodes/MocaAirIssueOnBehalf/properties';

const readOptions = callOptionsReader(properties);

test('nothing set is nothing overridden', () => {
	expect(readOptions({})).toMatchObject({
		timeoutMs: undefined,
		lifetimeMinutes: undefined,
		waitMs: undefined,
		issuerDid: undefined,
		sendAgainWhenUnknown: false,
	});
});

test('everything set', () => {
	expect(
		readOptions({
			requestTimeout: 10,
			jwtLifetime: 2,
			waitTimeout: 60,
			waitUntilOnChain: true,
			issuerDid: 'did:web:x',
			sendAgainWhenUnknown: true,
		}),
	).toMatchObject({
		timeoutMs: 10_000,
		lifetimeMinutes: 2,
		waitMs: 60_000,
		issuerDid: 'did:web:x',
		sendAgainWhenUnknown: true,
	});
});

test.each([
	['waiting takes 120 s unless set', { waitUntilOnChain: true }, { waitMs: 120_000 }],
	['a timeout alone does not make it wait', { waitTimeout: 60 }, { waitMs: undefined }],
	[
		'the longest wait is 15 minutes',
		{ waitUntilOnChain: true, waitTimeout: 900 },
		{ waitMs: 900_000 },
	],
	['numbers may come as text, from expressions', { requestTimeout: '5' }, { timeoutMs: 5000 }],
	['the longest request is 5 minutes', { requestTimeout: 300 }, { timeoutMs: 300_000 }],
	['blanks around a reference do not count', { reference: ' order 7 ' }, { reference: 'order 7' }],
	['a reference of blanks is none', { reference: ' ' }, { reference: undefined }],
	['options of a later version are no trouble', { later: 1 }, { timeoutMs: undefined }],
])('%s', (_what, options, expected) => {
	expect(readOptions(options)).toMatchObject(expected);
});

test.each<[unknown, string]>([
	[{ requestTimeout: 0 }, 'Request Timeout must be 1 to 300 seconds'],
	[{ requestTimeout: 301 }, 'Request Timeout must be 1 to 300 seconds'],
	[{ requestTimeout: '' }, 'Request Timeout must be 1 to 300 seconds'],
	[{ requestTimeout: 'SECRET' }, 'Request Timeout must be 1 to 300 seconds'],
	[{ requestTimeout: null }, 'Request Timeout must be 1 to 300 seconds'],
	[{ jwtLifetime: 0 }, 'Token Lifetime must be 1 to 15 minutes'],
	[{ jwtLifetime: 16 }, 'Token Lifetime must be 1 to 15 minutes'],
	[{ jwtLifetime: NaN }, 'Token Lifetime must be 1 to 15 minutes'],
	[{ waitTimeout: 0 }, 'Wait Timeout must be 1 to 900 seconds'],
	[{ waitTimeout: 901 }, 'Wait Timeout must be 1 to 900 seconds'],
	[{ waitTimeout: Infinity }, 'Wait Timeout must be 1 to 900 seconds'],
	[{ waitUntilOnChain: 'true' }, 'Wait Until On-Chain must be true or false'],
	[{ waitUntilOnChain: 1 }, 'Wait Until On-Chain must be true or false'],
	[{ issuerDid: 5 }, 'Issuer DID must be text'],
	[{ reference: 'SECRET\0' }, 'Reference must be text without broken characters'],
	[{ reference: 'SECRET\ud83d' }, 'Reference must be text without broken characters'],
	[{ sendAgainWhenUnknown: 'SECRET' }, 'Send Again When Outcome Is Unknown must be true or false'],
	['SECRET', 'Options are not as expected'],
	[undefined, 'Options are not as expected'],
])('%j is refused by its name in the panel', (value, detail) => {
	expect(() => readOptions(value)).toThrow(new AirError('AIR_SETTING_INVALID', { detail }));
});
