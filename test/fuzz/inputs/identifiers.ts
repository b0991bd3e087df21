import fc from 'fast-check';
import { parseHash, parseIssuerDid, parseProgram } from '../../../issuance/inputs/inputs';
import { badInput } from '../BadInput';
import { must, taken } from '../expecting';
import { anything, NASTY, textOf } from '../pieces';

/** No character that a log, a header, a query or a database would take for something else. */
const PLAIN = /^[\x21-\x7e]+$/;
const corpus: unknown[] = [
	...NASTY,
	'x'.repeat(1_000_000),
	['id'],
	{ value: 'id' },
	0,
	null,
	undefined,
];

export const programs = badInput<unknown>({
	name: 'Issuance programs',
	share: 700,
	inputs: fc.oneof(
		{ weight: 5, arbitrary: textOf(['c21s70g0i54', 'sn0023172Cv', '01KS', ':', '-', '_', '.'], 5) },
		{ weight: 1, arbitrary: anything },
	),
	corpus: ['c21s70g0i54sn0023172Cv', ...corpus],
	check: async (value) =>
		await taken(
			() => parseProgram(value),
			(program) => {
				must(PLAIN.test(program) && !/["'<>\\/]/.test(program), 'it is an ID');
				must(typeof value === 'string' && value.trim() === program, 'it is what was given');
			},
			/^AIR_PROGRAM_INVALID$/,
		),
});

export const hashes = badInput<unknown>({
	name: 'Hashes',
	share: 500,
	inputs: fc.oneof(
		{ weight: 5, arbitrary: textOf(['0a1b', 'ff00', '0x', '==', '+', '/'], 5) },
		{ weight: 1, arbitrary: anything },
	),
	corpus: ['0'.repeat(64), 'a&coreClaimHash=b', ...corpus],
	check: async (value) =>
		await taken(
			() => parseHash(value),
			(hash) => {
				const query = new URLSearchParams({ coreClaimHash: hash }).toString();
				const { searchParams, hash: fragment } = new URL(`https://air.example/v1?${query}`);
				must(searchParams.size === 1 && fragment === '', 'it stays one parameter');
				must(searchParams.get('coreClaimHash') === hash, 'AIR reads what was given');
			},
			/^AIR_HASH_INVALID$/,
		),
});

export const dids = badInput<readonly [unknown, string]>({
	name: 'Issuer DIDs',
	share: 700,
	inputs: fc.tuple(
		fc.oneof(
			{
				weight: 5,
				arbitrary: textOf(
					['did:', 'air:', 'id:', 'test:', 'web:', 'example.com', '5P44', '%3A'],
					6,
				),
			},
			{ weight: 1, arbitrary: anything },
		),
		textOf(['did:air:id:test:5P44', '', ' '], 2),
	),
	corpus: [
		['did:air:id:test:5P44', ''],
		['', 'did:web:example.com'],
		['did:', ''],
		[`did:air:${'x'.repeat(1_000_000)}`, ''],
		['did:air:x\r\nx: y', ''],
		['DID:air:x', ''],
	],
	check: async ([option, own]) =>
		await taken(
			() => parseIssuerDid(option, own),
			(did) => {
				must(did.startsWith('did:') && PLAIN.test(did) && did.length <= 500, 'it is a DID');
				must(did === own.trim() || did === String(option).trim(), 'it is what was given');
			},
			/^AIR_ISSUER_DID_INVALID$/,
		),
});
