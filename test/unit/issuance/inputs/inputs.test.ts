import fc from 'fast-check';
import { AirError } from '../../../../errors/AirError';
import {
	parseHash,
	parseIssuerDid,
	parseProgram,
	parseRecipient,
} from '../../../../issuance/inputs/inputs';
import { looksLikeSchemaId } from '../../../../issuance/inputs/schemaId';
import { airErrorOf, everythingShown } from '../support';

const SIXTY_FOUR = 'a'.repeat(64);
/** 64 + @ + 189 = 254 characters. */
const LONGEST = `${SIXTY_FOUR}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.com`;

describe('parseRecipient', () => {
	test.each([
		'ada@example.com',
		'Ada.Lovelace@Example.COM',
		'ada+kyc@example.com',
		'ada+@example.com',
		'a@x.io',
		'ada@mail.eu.example.co.uk',
		"o'brien@example.com",
		'ada_l-1%x!#$&*/=?^`{|}~@example.com',
		'1234@example.com',
		'ada@123.example',
		'ada@xn--bcher-kva.example',
		'ada@bücher.example',
		'ädä@example.com',
		'用户@例子.广告',
		'अजय@डाटा.भारत',
		`${SIXTY_FOUR}@example.com`,
		LONGEST,
	])('takes %s as it is', (address) => {
		expect(parseRecipient(address)).toBe(address);
	});

	test.each([
		' ada@example.com',
		'ada@example.com \t',
		'\n ada@example.com\r\n',
		'\u00a0ada@example.com\ufeff',
	])('drops the white space around %j', (text) => {
		expect(parseRecipient(text)).toBe('ada@example.com');
	});

	test.each([
		['nothing', undefined, /there is no value/],
		['null', null, /there is no value/],
		['a number', 42, /it is a number/],
		['a list', ['ada@example.com'], /it is a list/],
		['undefined in place of a name', 'undefined@example.com', /“undefined” in place of a name/],
		['undefined in a part of it', 'ada.undefined@example.com', /“undefined” in place of a name/],
		['null in place of a name', 'null@example.com', /“null” in place of a name/],
		['an object', { email: 'ada@example.com' }, /it is an object/],
		['empty text', '', /it is empty/],
		['spaces only', ' \t ', /it is empty/],
		['a name', 'ada', /it has no @/],
		['an undefined that became text', 'undefined', /it has no @/],
		['a full-width @', 'ada＠example.com', /it has no @/],
		['two addresses with a comma', 'a@example.com,b@example.com', /more than one address/],
		['two addresses with a semicolon', 'a@example.com; b@example.com', /more than one address/],
		['two addresses with a space', 'a@example.com b@example.com', /more than one address/],
		['two @', 'a@b@example.com', /more than one address/],
		['an address and a further domain', 'a@example.com@evil.example', /more than one address/],
		['one address and a comma', 'a@example.com,', /more than one address/],
		['a further header', 'a@example.com\r\nbcc:b@example.com', /more than one address/],
		['a line break inside', 'a@exam\nple.com', /not written as/],
		['a display name', 'Ada <ada@example.com>', /not written as/],
		['angle brackets', '<ada@example.com>', /not written as/],
		['mailto', 'mailto:ada@example.com', /not written as/],
		['a quoted local part', '"ada l"@example.com', /not written as/],
		['quotes around it', '"ada@example.com"', /not written as/],
		['a comment', 'ada(work)@example.com', /not written as/],
		['a backslash', 'ada\\@example.com', /not written as/],
		['an address literal', 'ada@[127.0.0.1]', /not written as/],
		['an IP address', 'ada@127.0.0.1', /not written as/],
		['no domain', 'ada@', /not written as/],
		['no local part', '@example.com', /not written as/],
		['a bare host', 'ada@localhost', /not written as/],
		['a trailing dot', 'ada@example.com.', /not written as/],
		['a leading dot', '.ada@example.com', /not written as/],
		['a dot before @', 'ada.@example.com', /not written as/],
		['two dots', 'ada..l@example.com', /not written as/],
		['two dots in the domain', 'ada@example..com', /not written as/],
		['a label that begins with a dash', 'ada@-example.com', /not written as/],
		['a label that ends with a dash', 'ada@example-.com', /not written as/],
		['broken Punycode', 'ada@xn--ü.example', /not written as/],
		['an underscore in the domain', 'ada@exa_mple.com', /not written as/],
		['a one-letter top level', 'ada@example.c', /not written as/],
		['a label of 64', `ada@${SIXTY_FOUR}.com`, /not written as/],
		['a local part of 65', `a${SIXTY_FOUR}@example.com`, /not written as/],
		['255 characters', LONGEST.replace('.com', '.comm'), /not written as/],
		['a control character', 'ada\u0000@example.com', /not written as/],
		['a delete character', 'ada\u007f@example.com', /not written as/],
		['a zero-width space', 'ada\u200b@example.com', /not written as/],
		['a zero-width joiner', 'ad\u200da@example.com', /not written as/],
		['a byte order mark inside', 'ada\ufeff@example.com', /not written as/],
		['a soft hyphen', 'ad\u00ada@example.com', /not written as/],
		['a right-to-left override', 'ada\u202e@example.com', /not written as/],
		['a no-break space inside', 'ada\u00a0l@example.com', /not written as/],
		['an ideographic space', 'ada\u3000l@example.com', /not written as/],
		['a Hangul filler, which shows nothing', 'ada\u3164@example.com', /not written as/],
		['a combining grapheme joiner, which shows nothing', 'ada\u034f@example.com', /not written as/],
		['a variation selector, which shows nothing', 'ada\ufe0f@example.com', /not written as/],
		['an invisible character in the domain', 'ada@exam\u115fple.com', /not written as/],
		['half a surrogate pair', 'ada\ud83d@example.com', /not written as/],
		['a letter broken by an Excel file that is not UTF-8', 'zo\ufffd@example.com', /broken letter/],
		['an ideographic full stop', 'ada@example。com', /not written as/],
	])('refuses %s', async (_what, value, reason) => {
		const error = await airErrorOf(() => parseRecipient(value));
		expect(error.code).toBe('AIR_RECIPIENT_INVALID');
		expect(error.message).toMatch(reason);
	});

	const piece = fc.oneof(
		fc.constantFrom(
			'ada',
			'@',
			'.',
			'example',
			'com',
			'+',
			' ',
			'\r\n',
			'\u0000',
			'\u200b',
			',',
			'ü',
		),
		fc.string({ maxLength: 3, unit: 'binary' }),
	);
	const nearlyAddress = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));

	const accepted = (text: string): string | undefined => {
		try {
			return parseRecipient(text);
		} catch (error) {
			if (error instanceof AirError) return undefined;
			throw error;
		}
	};

	test('never takes two @, white space or control characters, and changes nothing inside', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					nearlyAddress,
					fc.emailAddress(),
					fc.tuple(fc.emailAddress(), nearlyAddress).map(([a, b]) => `${a}@${b}.com`),
				),
				(text) => {
					const address = accepted(text);
					if (address === undefined) return;
					expect(address).toBe(text.trim());
					expect(address.split('@')).toHaveLength(2);
					expect(address).not.toMatch(/[\s\p{Cc}\p{Cf}\p{Z}<>"]/u);
				},
			),
			{ numRuns: 3000 },
		);
	});

	test('takes ordinary addresses', () => {
		fc.assert(
			fc.property(fc.emailAddress(), (address) => {
				expect(accepted(address)).toBe(address);
			}),
		);
	});

	test('never repeats what it refuses', () => {
		const marked = fc.tuple(nearlyAddress, nearlyAddress).map(([a, b]) => `${a}QXZ7${b}@`);
		fc.assert(
			fc.property(marked, (text) => {
				try {
					parseRecipient(text);
				} catch (error) {
					if (!(error instanceof AirError)) throw error;
					expect(everythingShown(error)).not.toContain('QXZ7');
				}
			}),
		);
	});
});

describe('parseProgram', () => {
	test.each(['c21s70g0i54sn0023172Cv', '01KSTQK70XGFBT558HRHFB', 'sch_01HX', 'a'.repeat(200)])(
		'takes %s',
		(id) => {
			expect(parseProgram(id)).toBe(id);
			expect(parseProgram(` ${id}\n`)).toBe(id);
		},
	);

	test.each([
		['nothing', undefined, /it is empty/],
		['null', null, /it is empty/],
		['empty text', '', /it is empty/],
		['spaces', '  ', /it is empty/],
		['a number', 5, /it is not text/],
		['an object', { mode: 'id', value: 'c1' }, /it is not text/],
		['a space inside', 'c21 s70', /characters that no program ID has/],
		['a line break inside', 'c21\ns70', /characters that no program ID has/],
		['a path', '../c21', /characters that no program ID has/],
		['a query', 'c21?x=1', /characters that no program ID has/],
		['an unresolved expression', '{{ $json.id }}', /characters that no program ID has/],
		['201 characters', 'a'.repeat(201), /it is too long/],
	])('refuses %s', async (_what, value, reason) => {
		const error = await airErrorOf(() => parseProgram(value));
		expect(error.code).toBe('AIR_PROGRAM_INVALID');
		expect(error.message).toMatch(reason);
	});

	test('never repeats what it refuses', async () => {
		expect(everythingShown(await airErrorOf(() => parseProgram('SECRET value')))).not.toContain(
			'SECRET',
		);
	});
});

describe('parseIssuerDid', () => {
	test.each([
		'did:air:id:test:5P44fsVUhPctDTWH2Nz26pZJFsg6CqyiAELTGeVQDB',
		'did:air:id:main:5P44fsVUhPctDTWH2Nz26pZJFsg6CqyiAELTGeVQDB',
		'did:moca:0x00112233445566778899aabbccddeeff00112233',
		'did:web:issuer.example.com',
		'did:web:localhost%3A8443:issuer',
		'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH#key-1',
	])('takes %s, from the option or the credential', (did) => {
		expect(parseIssuerDid(undefined, did)).toBe(did);
		expect(parseIssuerDid(` ${did}\n`, '')).toBe(did);
	});

	test('the option overrides the credential, and an empty one does not', () => {
		expect(parseIssuerDid('did:web:node', 'did:web:credential')).toBe('did:web:node');
		for (const empty of ['', '  ', undefined]) {
			expect(parseIssuerDid(empty, ' did:web:credential ')).toBe('did:web:credential');
		}
	});

	test('a wrong option is refused, not replaced by the credential’s', async () => {
		const error = await airErrorOf(() => parseIssuerDid('0xabc', 'did:web:credential'));
		expect(error.code).toBe('AIR_ISSUER_DID_INVALID');
	});

	test.each([
		['nothing at all', '', /neither the credential nor the node names one/],
		['an address', '0x00112233', /must start with did:/],
		['upper case', 'DID:web:example.com', /must start with did:/],
		['no method', 'did:', /not written as did:method:id/],
		['no id', 'did:web:', /not written as did:method:id/],
		['a space', 'did:air:id test', /not written as did:method:id/],
		['a line break', 'did:air:id\ntest', /not written as did:method:id/],
		['quotes', 'did:air:"x"', /not written as did:method:id/],
		['two DIDs', 'did:air:a,did:air:b', /not written as did:method:id/],
		['501 characters', `did:web:${'a'.repeat(493)}`, /not written as did:method:id/],
	])('refuses %s', async (_what, text, reason) => {
		const error = await airErrorOf(() => parseIssuerDid(undefined, text));
		expect(error.code).toBe('AIR_ISSUER_DID_INVALID');
		expect(error.message).toMatch(reason);
	});
});

describe('parseHash', () => {
	test.each([
		'239704895d0c4693d33ee7ab9e37c6eb295f178d80074a32d4ace53b1a779c44',
		'0x239704895d0c4693',
		'UPPER-and_lower.1',
		'MTIz+/==',
	])('takes %s', (hash) => {
		expect(parseHash(`\t${hash} `)).toBe(hash);
	});

	test.each([
		['nothing', undefined, /it is empty/],
		['empty text', ' ', /it is empty/],
		['a number', 12, /it is not text/],
		['two hashes', 'aa bb', /characters that no hash has/],
		['a further parameter', 'aa&x=1', /characters that no hash has/],
		['a line break', 'aa\r\nbb', /characters that no hash has/],
		['201 characters', 'a'.repeat(201), /it is too long/],
	])('refuses %s', async (_what, value, reason) => {
		const error = await airErrorOf(() => parseHash(value));
		expect(error.code).toBe('AIR_HASH_INVALID');
		expect(error.message).toMatch(reason);
	});
});

test.each([
	['01KSTQK70XGFBT558HRHFB', true],
	[' 01KZ91Q7HRK18J1M08S1KP\n', true],
	['c21s70g0i54sn0023172Cv', false],
	['01kstqk70xgfbt558hrhfb', false],
	['01KSTQK70XGFBT558HRHF', false],
	['01KSTQK70XGFBT558HRHFBX', false],
	['sch_01HX', false],
	['', false],
])('looksLikeSchemaId(%j) is %j', (id, expected) => {
	expect(looksLikeSchemaId(id)).toBe(expected);
});
