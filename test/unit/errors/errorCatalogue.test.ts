import { readFileSync } from 'node:fs';
import { AirError } from '../../../errors/AirError';
import {
	errorCatalogue,
	type AirErrorCode,
	type AirErrorKind,
	type AirErrorRow,
} from '../../../errors/errorCatalogue';
import { answerErrors } from '../../../errors/rows/answers';
import { directErrors } from '../../../errors/rows/direct';
import { inputErrors } from '../../../errors/rows/inputs';
import { issuerErrors } from '../../../errors/rows/issuer';
import { jwksTriggerErrors } from '../../../errors/rows/jwksTrigger';
import { keyErrors } from '../../../errors/rows/keys';
import { ledgerErrors } from '../../../errors/rows/ledger';
import { partnerJwtErrors } from '../../../errors/rows/partnerJwt';
import { publicKeyErrors } from '../../../errors/rows/publicKeys';
import { revocationErrors } from '../../../errors/rows/revocation';
import { setupErrors } from '../../../errors/rows/setup';
import { transportErrors } from '../../../errors/rows/transport';
import { triggerErrors } from '../../../errors/rows/trigger';

const rows = Object.entries<AirErrorRow>(errorCatalogue);
const codes = Object.keys(errorCatalogue) as AirErrorCode[];

/**
 * Words whose mere presence makes n8n replace a message by a stock text,
 * read from n8n itself, so that a newer list is noticed.
 */
function replacedByN8n(): string[] {
	const source = readFileSync(
		require.resolve('n8n-workflow/dist/cjs/errors/abstract/node.error.js'),
		'utf8',
	);
	const list = /const COMMON_ERRORS = \{([\s\S]*?)\n\};/.exec(source)?.[1] ?? '';
	return [...list.matchAll(/^\s*([A-Z_]+):/gm)].map(([, name = '']) => name);
}

test('the list of n8n was found', () => {
	expect(replacedByN8n()).toEqual(expect.arrayContaining(['ECONNREFUSED', 'EPERM', 'EACCES']));
});

test('no group redefines a code of another', () => {
	const groups = [
		keyErrors,
		publicKeyErrors,
		inputErrors,
		transportErrors,
		answerErrors,
		directErrors,
		revocationErrors,
		ledgerErrors,
		triggerErrors,
		jwksTriggerErrors,
		setupErrors,
		issuerErrors,
		partnerJwtErrors,
	];
	const all = groups.flatMap((group) => Object.keys(group));
	expect(all.length).toBe(new Set(all).size);
	expect(codes.length).toBe(all.length);
});

describe.each(rows)('%s', (name, row) => {
	const code = codes.find((one) => one === name) ?? 'AIR_DNS';
	const texts = [row.title, row.advice, ...(row.when === undefined ? [] : [row.when])];

	test('is spelt like the others', () => {
		expect(code).toMatch(/^AIR(_[A-Z0-9]+)+$/);
	});

	test('is not replaced by a stock text of n8n', () => {
		for (const word of replacedByN8n()) {
			// What is shown together may join: a title and its detail, circumstances and advice.
			const shown = `${code} ${texts.join(' ')}`.toUpperCase();
			expect(shown).not.toContain(word);
		}
	});

	test('has a title that says what happened, in a line', () => {
		expect(row.title).toMatch(/^[A-Z].*[^.!:\s]$/);
		expect(row.title.length).toBeLessThanOrEqual(90);
		expect(row.title).not.toMatch(/\b(errors?|problems?|failures?|mistakes?)\b/i);
	});

	test('says what to do', () => {
		expect(row.advice).toMatch(
			/\b(add|ask|call|check|compare|convert|copy|correct|export|fill|install|look|make|open|paste|publish|put|read|remove|run|send|set|sets|store|switch|takes?|try|use)\b/i,
		);
		expect(row.advice).toMatch(/^[A-Zicn].*[.a-z0-9]$/);
		expect(row.advice).not.toMatch(/\b(problems?|mistakes?)\b/i);
	});

	test('says in no full sentence when it appears, if the title does not say it', () => {
		if (row.when !== undefined) expect(row.when).toMatch(/^\S.*[^.\s]$/);
	});

	test('is retryable only if its kind allows it', () => {
		const never: AirErrorKind[] = ['input', 'cancelled', 'refused'];
		if (never.includes(row.kind)) expect(row.retryable).toBe(false);
	});

	test('says “try again” only where that is safe', () => {
		if (/try again|try it again/i.test(row.advice)) {
			expect(['not-sent', 'cancelled', 'input']).toContain(row.kind);
		}
		const { message, description } = new AirError(code, { kind: 'outcome-unknown' });
		expect(`${message} ${description}`).not.toMatch(/try again|nothing was sent|did not work on/i);
		expect(message).not.toContain('\n');
	});

	test('claims that nothing was sent only where that is so', () => {
		if (/nothing was sent/i.test(texts.join(' '))) {
			expect(['not-sent', 'cancelled', 'input']).toContain(row.kind);
		}
	});
});

test('no two rows have the same title', () => {
	const titles = rows.map(([, { title }]) => title);
	expect(titles.length).toBe(new Set(titles).size);
});

describe('AirError', () => {
	test('takes its words from the catalogue', () => {
		const error = new AirError('AIR_DNS');
		expect(error.message).toBe(errorCatalogue.AIR_DNS.title);
		expect(error.advice).toBe(errorCatalogue.AIR_DNS.advice);
		expect(error.description).toBe(error.advice);
		expect([error.name, error.kind, error.retryable]).toEqual(['AirError', 'not-sent', true]);
		expect(error).toBeInstanceOf(Error);
	});

	test('of an unknown outcome says first that it is one', () => {
		const unknown = new AirError('AIR_TIMEOUT');
		expect(unknown.message).toBe(
			'Not known whether this was issued – look before you send it again: AIR did not answer in time',
		);
		expect(unknown.with({ safeToRepeat: true }).message).toBe(
			'Not known whether this was issued: AIR did not answer in time',
		);
		expect(unknown.with({ kind: 'not-sent' }).message).toBe('AIR did not answer in time');
		expect(new AirError('AIR_BAD_REQUEST').with({ kind: 'outcome-unknown' }).message).toMatch(
			/^Not known whether .*: AIR did not accept the data$/,
		);
	});

	test('puts circumstances before the advice, and AIR’s words before both', () => {
		const error = new AirError('AIR_BAD_REQUEST', {
			detail: 'tier',
			airMessage: 'tier must be string',
			note: 'It worked before.',
			httpStatus: 400,
			retryAfterMs: 5,
		});
		expect(error.message).toBe('AIR did not accept the data: tier');
		expect(error.advice).toMatch(/^It worked before\. Compare/);
		expect(error.description).toMatch(
			/^AIR's own words: “tier must be string”\. It worked before\./,
		);
		expect([error.httpStatus, error.retryAfterMs]).toEqual([400, 5]);
	});

	test('keeps what it knows when more is learned', () => {
		const first = new AirError('AIR_UNAUTHORIZED', { httpStatus: 401, detail: 'a' });
		const second = first.with({ kind: 'outcome-unknown', note: 'b' });
		expect(second.facts).toEqual({
			httpStatus: 401,
			detail: 'a',
			kind: 'outcome-unknown',
			note: 'b',
		});
		expect([first.kind, second.kind, second.code]).toEqual([
			'refused',
			'outcome-unknown',
			first.code,
		]);
	});
});
