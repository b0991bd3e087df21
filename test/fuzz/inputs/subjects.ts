import fc from 'fast-check';
import { importPrivateKey, type PrivateKey } from '../../../air/keys/privateKey';
import { contentHashes } from '../../../issuance/issue/contentHash';
import { VALUE_TYPE_NAMES } from '../../../issuance/subject/values/valueTypes';
import { parseSubject, subjectFromFields } from '../../../issuance/subject/subject';
import { makeKey } from '../../support/keys';
import { badInput } from '../BadInput';
import { must, taken } from '../expecting';
import { anything, mutated, NASTY, textOf } from '../pieces';

const names = textOf(['kyc', 'level', '_', '-', 'id', 'isOver18', '__proto__', 'constructor'], 3);

/** The same objects in many places, up to exponentially many. */
const shared = fc
	.tuple(fc.nat(40), fc.integer({ min: 1, max: 3 }), anything)
	.map(([levels, times, leaf]) => {
		let value: unknown = leaf;
		for (let level = 0; level < levels; level++) {
			value = level % 2 === 0 ? Array<unknown>(times).fill(value) : { a: value, b: value };
		}
		return { a: value };
	});

/** A value that contains itself. */
const cyclic = fc.tuple(names, fc.jsonValue()).map(([name, other]) => {
	const subject: Record<string, unknown> = { tier: 'Gold', other };
	subject[name] = [{ subject }];
	return subject;
});

/** Members that are not what they look like. */
const deceptive = fc.tuple(names, anything).map(([name, value]) => {
	const made: Record<string, unknown> = { tier: 'Gold', inner: {}, list: [1] };
	const hidden = { value: () => value, enumerable: false };
	Object.defineProperty(made.inner, 'toJSON', hidden);
	Object.defineProperty(made.list, 'toJSON', hidden);
	let asked = 0;
	Object.defineProperty(made, name, {
		get: () => (asked++ === 0 ? 'first' : value),
		enumerable: true,
	});
	return made;
});

const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

/** Goes through without recursion, so that it has no limit of its own. */
export function assertValid(subject: unknown): void {
	const left: [value: unknown, depth: number][] = [[subject, 0]];
	for (let next = left.pop(); next !== undefined; next = left.pop()) {
		const [value, depth] = next;
		must(depth <= 33, 'it is not deep');
		if (typeof value === 'string') must(value.isWellFormed(), 'its text is whole');
		if (typeof value === 'number') must(Number.isFinite(value), 'its numbers can be written');
		if (typeof value !== 'object' || value === null) {
			must(['string', 'number', 'boolean', 'object'].includes(typeof value), 'JSON has its values');
			continue;
		}
		must(typeof Reflect.get(value, 'toJSON') !== 'function', 'it writes itself');
		for (const [key, inner] of Object.entries(value)) {
			must(!FORBIDDEN.includes(key) && key.isWellFormed(), 'its names are harmless');
			left.push([inner, depth + 1]);
		}
	}
}

let key: PrivateKey | undefined;

async function assertSendable(subject: Readonly<Record<string, unknown>>): Promise<void> {
	assertValid(subject);
	must(!Object.hasOwn(subject, 'id') && Object.keys(subject).length > 0, 'AIR fills in the id');
	const text = JSON.stringify(subject);
	must(text.length < 7_000_000, 'it is not huge');
	const read = JSON.parse(text) as Record<string, unknown>;
	must(JSON.stringify(read) === text, 'what AIR reads is what was checked');
	key ??= await importPrivateKey(makeKey().pem);
	const [sent, checked] = [read, subject].map(
		(one) => key && contentHashes(key, 'a@example.com', 'did:a:b', one).ofSubject,
	);
	must(sent !== undefined && sent === checked, 'its HMAC is of what is sent');
}

const deepText = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
function sharedDeeply(): unknown {
	let value: unknown = 'x';
	for (let level = 0; level < 31; level++) value = [value, value];
	return { a: value };
}
const selfish: Record<string, unknown> = { tier: 'Gold' };
selfish.self = selfish;

export const subjects = badInput<unknown>({
	name: 'Credential subjects',
	share: 1500,
	inputs: fc.oneof(
		{ weight: 3, arbitrary: fc.dictionary(names, anything, { maxKeys: 4 }) },
		{ weight: 3, arbitrary: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue()) },
		{ weight: 3, arbitrary: mutated(fc.json()) },
		{ weight: 1, arbitrary: anything },
		{ weight: 1, arbitrary: shared },
		{ weight: 1, arbitrary: cyclic },
		{ weight: 1, arbitrary: deceptive },
	),
	corpus: [
		...NASTY,
		deepText(31),
		deepText(5000),
		deepText(200_000),
		sharedDeeply(),
		selfish,
		{ a: 'x'.repeat(5_000_000) },
		JSON.stringify({ a: 'x'.repeat(5_000_000) }),
		{ a: Array(3_000_000).fill(null) },
		{ a: Array(1_000_000) },
		Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`a${index}`, index])),
		{ a: 10n },
		{ a: new Date(0) },
		{ a: new Date(NaN) },
		{ a: '\ud800' },
		{ a: { '\udc00': 1 } },
		'{"__proto__": {"admin": true}}',
		'{"a": {"constructor": {"prototype": {"admin": true}}}}',
		{ a: -0 },
		{ a: 1e999 },
		'{"a": 1e999}',
	],
	check: async (value) => {
		const verdict = await taken(
			async () => {
				const subject = parseSubject(value);
				await assertSendable(subject);
				return subject;
			},
			() => undefined,
			/^AIR_SUBJECT_INVALID$/,
		);
		must(Reflect.get({}, 'admin') === undefined, 'no prototype is changed');
		return verdict;
	},
});

const field = fc.record({
	name: names,
	type: fc.constantFrom(...VALUE_TYPE_NAMES),
	value: fc.oneof(
		anything,
		mutated(
			fc.constantFrom(
				'2026-01-19',
				'2026-02-30T25:00:00Z',
				'1e400',
				'007',
				'true',
				'[1]',
				'{"a":1}',
			),
			2,
		),
	),
});

export const subjectFields = badInput({
	name: 'Fields of subjects',
	share: 800,
	inputs: fc.array(field, { maxLength: 3 }),
	corpus: VALUE_TYPE_NAMES.flatMap((type) =>
		[...NASTY, `1${'0'.repeat(300_000)}1`, '9'.repeat(300_000), '['.repeat(300_000)].map(
			(value) => [{ name: 'a', type, value }],
		),
	),
	check: async (fields) =>
		await taken(
			async () => {
				const subject = subjectFromFields(fields);
				await assertSendable(subject);
				return subject;
			},
			() => undefined,
			/^AIR_SUBJECT_INVALID$/,
		),
});
