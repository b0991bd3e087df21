import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue, type AirErrorRow } from '../../../../errors/errorCatalogue';
import { transportErrors } from '../../../../errors/rows/transport';
import {
	CONNECTION_ENDS,
	knownOf,
	STATUSES,
	type Known,
} from '../../../../air/answers/mayHaveIssued';
import { root } from '../../../../scripts/package';
import { errorOfAnswer } from '../support';

/** Only these are sure to have issued nothing: written down a second time, and by hand. */
const REFUSED = [
	301, 307, 308, 400, 401, 403, 404, 405, 407, 409, 410, 411, 413, 414, 415, 421, 422, 425, 426,
	428, 431, 451,
];
const every = Array.from({ length: 900 }, (_, at) => at + 100);
const OWN = (status: number) => JSON.stringify({ error: status, message: 'words' });
const PAGE = '<html><title>A page</title></html>';

const kindOf = (status: number, text: string, headers = {}) =>
	errorOfAnswer({ status, headers, text }, { operation: 'issue', now: 0 }).kind;

test('every status but the few that prove it leaves the outcome unknown', () => {
	for (const status of every) {
		const expected = REFUSED.includes(status)
			? 'refused'
			: status === 429
				? 'not-sent'
				: 'outcome-unknown';
		expect([status, kindOf(status, OWN(status))]).toEqual([status, expected]);
		// A page of something in between proves less, and never more.
		expect([status, kindOf(status, PAGE)]).toEqual([
			status,
			status === 403 ? 'outcome-unknown' : expected,
		]);
		for (const text of ['', '{"coreClaimHa', 'words', '{"code":5,"msg":"no"}', '[]']) {
			const kind = kindOf(status, text);
			expect([status, text, kind === expected || kind === 'outcome-unknown']).toEqual([
				status,
				text,
				true,
			]);
		}
	}
});

test('Retry-After makes 503 one that was not sent, and no other status', () => {
	for (const status of every) {
		const [without, withIt] = [{}, { 'retry-after': '5' }].map((headers) =>
			kindOf(status, '', headers),
		);
		if (status === 503) expect([without, withIt]).toEqual(['outcome-unknown', 'not-sent']);
		else expect([status, withIt]).toEqual([status, without]);
		expect(kindOf(503, '', { 'retry-after': 'soon' })).toBe('outcome-unknown');
	}
});

test('whatever words an answer has, its status decides', () => {
	const words = [
		'token expired',
		'schema not found',
		'Missing required field: a',
		'already exists',
	];
	for (const status of [200, 302, 408, 499, 500, 503, 520]) {
		for (const message of words) {
			const text = JSON.stringify({ error: status, message });
			expect([status, kindOf(status, text)]).toEqual([status, 'outcome-unknown']);
		}
	}
});

test('a question changes nothing, so its answer is reported as in the catalogue', () => {
	const asked = (status: number) =>
		errorOfAnswer({ status, headers: {}, text: PAGE }, { operation: 'status', now: 0 });
	expect([asked(302).code, asked(302).kind]).toEqual(['AIR_REDIRECT', 'refused']);
	expect([asked(403).code, asked(403).kind]).toEqual(['AIR_FORBIDDEN_GATEWAY', 'refused']);
});

const KINDS: Readonly<Record<Known, readonly AirErrorRow['kind'][]>> = {
	refused: ['refused'],
	'not sent': ['not-sent', 'cancelled'],
	unknown: ['outcome-unknown'],
};

test('every end of a connection is in the table, and known as the catalogue says', () => {
	for (const { code, known } of CONNECTION_ENDS) {
		expect([code, KINDS[known].includes(errorCatalogue[code].kind)]).toEqual([code, true]);
	}
	const codes = new Set<string>(CONNECTION_ENDS.map(({ code }) => code));
	expect(Object.keys(transportErrors).filter((code) => !codes.has(code))).toEqual([]);
});

describe('docs/internals/decisions.md', () => {
	const page = readFileSync(join(root, 'docs/internals/decisions.md'), 'utf8');
	const [, section = ''] = page.split('## Whether AIR may have issued\n');
	const tables = (section.split(/^## /m)[0] ?? '')
		.split(/\n(?=\| )/)
		.join('\n')
		.split('\n\n')
		.filter((part) => part.startsWith('|'))
		.map((table) =>
			table
				.trim()
				.split('\n')
				.slice(2)
				.map((line) =>
					line
						.split('|')
						.slice(1, -1)
						.map((cell) => cell.trim()),
				),
		);

	test('shows the statuses as the code has them', () => {
		expect(tables[0]).toEqual(
			STATUSES.map(({ status, only, known, why }) => [status, only ?? '', known, why]),
		);
	});

	test('shows the ends of connections as the code has them', () => {
		expect(tables[1]).toEqual(
			CONNECTION_ENDS.map(({ end, code, known, why }) => [end, `\`${code}\``, known, why]),
		);
	});
});

test('no row is there that an earlier one hides', () => {
	for (const { status, only, known } of STATUSES) {
		const [first = ''] = status.split(/, |–/);
		const found = knownOf(Number(first), {
			retryAfter: only === 'Retry-After',
			foreign: only === 'not by AIR',
		});
		if (status !== '100–999') expect([status, found]).toEqual([status, known]);
	}
});
