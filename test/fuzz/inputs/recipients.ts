import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { parseRecipient } from '../../../issuance/inputs/inputs';
import { badInput } from '../BadInput';
import { must, shownBy, taken } from '../expecting';
import { anything, textOf } from '../pieces';

const PIECES = [
	'ada',
	'o',
	'@',
	'.',
	'-',
	'_',
	'+kyc',
	'example',
	'com',
	'ü',
	'例子',
	'xn--bcher-kva',
	',',
	';',
];
const addressLike = fc
	.tuple(textOf(PIECES, 4), textOf(PIECES, 3), textOf(PIECES, 3))
	.map(([local, domain, top]) => `${local}@${domain}.${top}`);

const corpus: unknown[] = [
	'ada@example.com',
	' ada@example.com\n',
	'ada+kyc@example.com',
	"o'brien@example.com",
	'ada@bücher.example',
	'用户@例子.广告',
	'"ada lovelace"@example.com',
	'Ada <ada@example.com>',
	'ada@example.com, bob@example.com',
	'ada@example.com;bob@example.com',
	'ada@example.com bob@example.com',
	'ada@example.com\r\nBcc: eve@example.com',
	'ada@example.com%0d%0aBcc: eve@example.com',
	'ada@example.com\0',
	'ada\u202emoc.elpmaxe@',
	'ada@xn--a.example',
	'ada@xn--.example',
	`${'a'.repeat(64)}@example.com`,
	`${'a'.repeat(1_000_000)}@example.com`,
	`ada@${'a.'.repeat(500_000)}com`,
	'@'.repeat(1_000_000),
	'ada@[127.0.0.1]',
	'ada@127.0.0.1',
	['ada@example.com'],
	{ toString: () => 'ada@example.com' },
	Object('ada@example.com'),
	undefined,
	null,
	Symbol('ada@example.com'),
];

export const recipients = badInput<unknown>({
	name: 'E-mail addresses',
	share: 1500,
	inputs: fc.oneof(
		{ weight: 6, arbitrary: addressLike },
		{ weight: 2, arbitrary: fc.emailAddress() },
		{ weight: 2, arbitrary: textOf(PIECES) },
		{ weight: 1, arbitrary: anything },
	),
	corpus,
	check: async (value) =>
		await taken(
			() => parseRecipient(value),
			(email) => {
				must(
					typeof value === 'string' && value.trim() === email,
					'nothing but white space is changed',
				);
				const [local = '', domain = '', ...more] = email.split('@');
				must(more.length === 0 && local !== '' && domain !== '', 'it is one address');
				must(!/[\s\p{Cc}\p{Cf}"'(),:;<>[\]\\]/u.test(email.replaceAll("'", '')), 'it is plain');
				must(email.isWellFormed() && email.length <= 254, 'it fits and is whole');
				must(domainToASCII(domain) !== '', 'its domain can exist');
			},
			/^AIR_RECIPIENT_INVALID$/,
			(error) => {
				const text = typeof value === 'string' ? value.trim() : '';
				const own = shownBy(error).replaceAll('name@example.com', '');
				must(text.length < 12 || !own.includes(text), 'an error does not repeat it');
			},
		),
});
