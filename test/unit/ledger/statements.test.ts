import { placedInTurn, placedOnce, singleValues } from '../../../ledger/sql/placed';
import { ahead, read, rows, type Operation } from '../../../ledger/sql/Session';
import { postgresDialect } from '../../../ledger/postgres/postgresDialect';
import { sqliteDialect } from '../../../ledger/sqlite/sqliteDialect';

const TEXT = 'UPDATE t SET a = $name, b = $2 WHERE c = $name AND d = $1';
const VALUES = [[{ name: 'n', other: null }], [7]] as const;

describe('parameters by their places', () => {
	test('one after another', () => {
		const { text, names } = placedInTurn(TEXT);
		expect(text).toBe('UPDATE t SET a = ?, b = ? WHERE c = ? AND d = ?');
		expect(singleValues(names, VALUES)).toEqual(['n', 7, 'n', null]);
	});

	test('each once', () => {
		const { text, names } = placedOnce(TEXT);
		expect(text).toBe('UPDATE t SET a = $1, b = $2 WHERE c = $1 AND d = $3');
		expect(singleValues(names, VALUES)).toEqual(['n', 7, null]);
	});

	test('a plain value stands for itself, and an empty list for nothing', () => {
		expect(singleValues([0, 1, 2], ['text', null, []])).toEqual(['text', null, null]);
	});
});

describe('a statement that is sent ahead', () => {
	function* twice(): Operation<[unknown[], unknown[]]> {
		const first = yield ahead(
			sqliteDialect(() => 0),
			'SELECT 1',
		);
		const second = yield* rows('SELECT 2');
		return [read(first), second];
	}

	test('is marked, and its rows are read when a later one was waited for', () => {
		const operation = twice();
		expect(operation.next()).toMatchObject({ value: { text: 'SELECT 1', ahead: true } });
		const answer: { rows: unknown[] | undefined } = { rows: undefined };
		expect(operation.next(answer)).toMatchObject({ value: { text: 'SELECT 2', ahead: false } });
		answer.rows = ['one'];
		expect(operation.next({ rows: ['two'] })).toEqual({ done: true, value: [['one'], ['two']] });
	});

	test('is not read before that', () => {
		const operation = twice();
		operation.next();
		operation.next({ rows: undefined });
		expect(() => operation.next({ rows: [] })).toThrow('not waited for');
	});
});

test('PostgreSQL is told how many records there are', () => {
	const { records, single } = postgresDialect(() => 0);
	expect(records('r', '$1', { id: 'bigint' })).toContain('LIMIT jsonb_array_length');
	expect(single?.records('r', '$1', { id: 'bigint' })).toBe(
		'(SELECT CAST($id AS bigint) AS id) AS r',
	);
});
