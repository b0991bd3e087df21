import { isIP } from 'node:net';
import fc from 'fast-check';
import { AirError } from '../../../errors/AirError';
import { resolveBaseUrl } from '../../../air/baseUrl';
import {
	assertResolvesAllowed,
	assertTargetAllowed,
	targetPolicy,
} from '../../../air/http/targetGuard';
import { badInput, type Verdict } from '../BadInput';
import { must } from '../expecting';
import { NASTY, textOf } from '../pieces';

/** Nothing is allowed, as for an operator who has not configured this package. */
const NOBODY = targetPolicy({});

const byte = fc.nat(255);
const PRIVATE_V4 = fc.oneof(
	fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
	fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
	fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
	fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
	fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
	fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
);
const PUBLIC_V4 = fc.tuple(fc.constantFrom(1, 8, 9, 93, 151), byte, byte, byte);

type Octets = readonly [number, number, number, number];
const numberOf = ([a, b, c, d]: Octets) => ((a * 256 + b) * 256 + c) * 256 + d;
const hex = (value: number) => value.toString(16);

/** The ways to write one IPv4 address that lead to the same host (WHATWG URL, RFC 4291, RFC 6052). */
const SPELLINGS: readonly ((octets: Octets) => string)[] = [
	(octets) => octets.join('.'),
	(octets) => `${octets.join('.')}.`,
	(octets) => String(numberOf(octets)),
	(octets) => `0x${hex(numberOf(octets))}`,
	(octets) => `0${numberOf(octets).toString(8)}`,
	([a, b, c, d]) => `${a}.${(b * 256 + c) * 256 + d}`,
	([a, b, c, d]) => `0x${hex(a)}.0${b.toString(8)}.${c}.0X${hex(d)}`,
	(octets) => octets.join('。'),
	(octets) => octets.join('%2e'),
	(octets) =>
		octets.join('.').replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
	(octets) => `[::ffff:${octets.join('.')}]`,
	([a, b, c, d]) => `[0:0:0:0:0:FFFF:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
	(octets) => `[64:ff9b::${octets.join('.')}]`,
];
const spelt = (octets: fc.Arbitrary<Octets>) =>
	fc.tuple(octets, fc.constantFrom(...SPELLINGS)).map(([address, spell]) => spell(address));

const PRIVATE_NAMES = [
	'localhost',
	'LOCALHOST',
	'localhost.',
	'x.localhost',
	'[::1]',
	'[::]',
	'[fe80::1]',
	'[fc00::1]',
	'[fd12:3456::1]',
	'[ff02::1]',
	'[2002:7f00:1::]',
	'[::127.0.0.1]',
	'ⓛocalhost',
	'0',
	'127.1',
];

interface Address {
	readonly text: string;
	/** Where it leads, if that is known. */
	readonly leads?: 'inside' | 'outside';
}

const host = fc.oneof(
	spelt(PRIVATE_V4).map((text) => ({ text, leads: 'inside' as const })),
	fc.constantFrom(...PRIVATE_NAMES).map((text) => ({ text, leads: 'inside' as const })),
	spelt(PUBLIC_V4).map((text) => ({ text, leads: 'outside' as const })),
	fc
		.constantFrom('air.example', '[2606:4700::1]')
		.map((text) => ({ text, leads: 'outside' as const })),
);
const port = fc.constantFrom('', '', ':443', ':8443', ':80', ':0', ':65535');
const path = fc.constantFrom('', '/', '/v1', '/v1/', '/v2/credentials/status', '//evil', '/../..');
const proper: fc.Arbitrary<Address> = fc
	.tuple(fc.constantFrom('https', 'HTTPS', 'http'), host, port, path)
	.map(([scheme, { text, leads }, at, rest]) => ({
		text: `${scheme}://${text}${at}${rest}`,
		leads: scheme === 'http' ? 'inside' : leads,
	}));
const wild: fc.Arbitrary<Address> = textOf(
	[
		'https:',
		'//',
		'air.example',
		'user:pass@',
		'@',
		':443',
		'/v1',
		'?x=1',
		'#y',
		'file:',
		'ftp:',
		'\\',
		'javascript:',
		'data:',
	],
	7,
).map((text) => ({ text }));

/** The guard's verdict on one address, before the client opens a connection. */
async function check({ text, leads }: Address): Promise<Verdict> {
	let base: string;
	try {
		base = resolveBaseUrl('custom', text);
		const target = new URL(`${base}/credentials/status?coreClaimHash=x`);
		must(target.href.startsWith(`${new URL(base).origin}/`), 'a path cannot change the origin');
		must(target.username === '' && target.password === '', 'no user name is sent along');
		must(target.hash === '' && target.searchParams.size === 1, 'the query is ours alone');
		assertTargetAllowed(target, NOBODY);
		// Literal addresses need no name server.
		if (isIP(target.hostname.replace(/^\[|\]$/g, '')) !== 0)
			await assertResolvesAllowed(target, NOBODY);
		must(target.protocol === 'https:', 'a token is sent encrypted only');
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		must(/^AIR_(BASE_URL_INVALID|TARGET_(PRIVATE|NOT_HTTPS))$/.test(error.code), error.code);
		must(leads !== 'outside', `${text} is public: ${error.message}`);
		return 'refused';
	}
	must(leads !== 'inside', `${text} leads inside, or is not encrypted`);
	return 'taken';
}

export const urls = badInput<Address>({
	name: 'Addresses of AIR',
	share: 1000,
	inputs: fc.oneof(
		{ weight: 3, arbitrary: proper },
		{ weight: 2, arbitrary: wild },
		{
			weight: 1,
			arbitrary: fc
				.webUrl({ withFragments: true, withQueryParameters: true })
				.map((text) => ({ text })),
		},
	),
	corpus: [
		...NASTY.map((text) => ({ text })),
		{ text: 'https://air.example/v1', leads: 'outside' },
		{ text: 'https://user:password@air.example/v1' },
		{ text: 'https://air.example@127.0.0.1/v1' },
		{ text: 'file:///etc/passwd', leads: 'inside' },
		{ text: 'gopher://127.0.0.1:6379/_FLUSHALL', leads: 'inside' },
		{ text: `https://${'a'.repeat(1_000_000)}.example` },
		{ text: `https://air.example/${'a/'.repeat(500_000)}` },
		{ text: `https://air.example${'/'.repeat(100_000)}x` },
	],
	check,
});
