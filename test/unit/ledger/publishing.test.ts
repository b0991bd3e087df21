import type { RevokedMark } from '../../../ledger/Ledger';
import { Publishing } from '../../../ledger/operations/Publishing';
import type { PublishedPlaces } from '../../../ledger/sql/Published';
import type { Operation } from '../../../ledger/sql/Session';
import { sqliteDialect } from '../../../ledger/sqlite/sqliteDialect';

/** A store in which so many are revoked. */
const storeWith = (marks: readonly RevokedMark[], noted: RevokedMark[][]) => ({
	dialect: sqliteDialect(() => 0),
	read: async <T>(operation: () => Operation<T>): Promise<T> => {
		const running = operation();
		let step = running.next();
		while (step.done !== true) {
			const isClock = step.value.values.length === 0;
			step = running.next({ rows: isClock ? [{ now: 1_000_000 }] : [...marks] });
		}
		return await Promise.resolve(step.value);
	},
	published: {
		note: async (_: unknown, given: readonly RevokedMark[]) => {
			noted.push([...given]);
			await Promise.resolve();
		},
		list: async () => await Promise.resolve<PublishedPlaces | undefined>(undefined),
		revoked: async () => await Promise.resolve([]),
		isRevoked: async () => await Promise.resolve(false),
	},
});

test('more are revoked than a call takes arguments', async () => {
	const mark = { realm: 'r', number: '1', list: null, index: null, at: 999_999 };
	const noted: RevokedMark[][] = [];
	const publishing = new Publishing(storeWith(new Array<RevokedMark>(300_000).fill(mark), noted));
	await publishing.soon();
	expect(noted.map(({ length }) => length)).toEqual([300_000]);
});
