import { randomUUID } from 'node:crypto';
import type { DirectIssueRequest } from '../../../issuance/direct/DirectIssuing';
import type { LedgerRow } from '../../../ledger/Ledger';
import { pool } from '../../engine/faults/pool';
import { reportRow } from '../../support/report';
import { startDirectRig, type DirectRig } from '../../unit/emulator/directSupport';
import { endingOf, lyingFor, numbersBy, wordOf } from '../../unit/issuance/direct/matrix/books';
import { issuerOn, type Where } from '../../unit/issuance/direct/support';
import { sharedLedgers, STORES, type SharedLedgers, type Store } from './sharedLedgers';
import { spawnIssuer } from './spawnIssuer';

/**
 * A reissue in a process that is killed at each of its moments. Whatever the moment, the person is never
 * left with neither or with two of them without a word: the ledger says which one stands, and what may.
 */
const AT_ONCE = 3;

jest.setTimeout(1_800_000);

let rig: DirectRig;
let ledgers: SharedLedgers;
let pem: string;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	[rig, ledgers] = await Promise.all([startDirectRig(), sharedLedgers()]);
	pem = rig.signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
});
afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await rig.close();
	await ledgers.remove();
});

interface Result {
	readonly moments: readonly string[];
	/** Right after the kill. */
	readonly standing: number;
	readonly old: LedgerRow | undefined;
	readonly row: LedgerRow | undefined;
	/** What another process is told, and what stands then. */
	readonly word: string;
	readonly last: readonly string[];
	readonly given: string | undefined;
	/** Every number has its bit, and the other way round. */
	readonly bits: boolean;
}

async function strike(
	on: Store,
	changes: Partial<DirectIssueRequest>,
	at: number | undefined,
): Promise<Result> {
	const { emulator, issuer, signer } = rig;
	const { baseUrl, accountUrl } = emulator;
	const { store, ledger, sql, later } = await ledgers.open(on);
	try {
		const where: Where = { baseUrl, accountUrl, did: issuer.did, signer };
		const here = issuerOn(ledger, where);
		const recipient = `${randomUUID()}@example.com`;
		const asked = { recipient, revocable: 'list', ifHeld: 'reissue', ...changes } as const;
		await here.issue('old', { ...asked, ifHeld: 'another' });
		const work = { store, baseUrl, accountUrl, did: issuer.did, pem, recipient };
		const child = spawnIssuer({
			...work,
			event: 'new',
			changes: asked,
			...(at === undefined ? {} : { at, signal: 'SIGKILL' }),
		});
		const first = await child.first;
		await child.ended;
		const standing = async () => {
			const { numbers } = await numbersBy(sql);
			const lying = await lyingFor(emulator, recipient);
			const names = lying.filter(({ number }) => numbers.get(number) === false);
			return [...new Set(names.map(({ externalId }) => externalId))];
		};
		const after = await standing();
		const [old, row] = [await here.row('old'), await here.row('new')];
		later();
		const ending = await endingOf(here.issue('new', asked));
		const rows = await ledger.list({ limit: 9 });
		const realm = rows[0]?.realm ?? '';
		const [list] = await ledger.statusLists(realm);
		const published = await ledger.statusList(realm, list?.id ?? '');
		const { numbers } = await numbersBy(sql);
		const revoked = [...numbers.values()].filter(Boolean).length;
		return {
			moments: first.moments,
			standing: after.length,
			old,
			row,
			word: wordOf(ending),
			last: await standing(),
			given: ending.how === 'issued' ? ending.item.externalId : undefined,
			bits: published?.revoked.length === revoked,
		};
	} finally {
		await ledger.close();
	}
}

const WAYS = [
	['the new one first', {}],
	['Revoke First', { revokeFirst: true }],
] as const;

describe.each(STORES.flatMap((store) => WAYS.map((way) => [store, ...way] as const)))(
	'%s: %s',
	(store, name, changes) => {
		test.each([201, 409, 'again'] as const)(
			'kill -9 at each moment of it (a repeat: %s): one stands in the end, and until then the ledger says which',
			async (repeatedStore) => {
				rig.emulator.control.setSettings({ repeatedStore });
				const { moments } = await strike(store, changes, undefined);
				const places = moments.map((_, index) => index + 1);
				expect(places.length).toBeGreaterThanOrEqual(20);
				const results = await pool(places, AT_ONCE, async (at) => await strike(store, changes, at));
				const counts = { neither: 0, one: 0, two: 0 };
				for (const [at, { standing, old, row, word, last, given, bits }] of results) {
					const moment = moments[at - 1];
					if (standing === 0) {
						// Only where the person asked for it, and the rows say so.
						expect([moment, name]).toEqual([moment, 'Revoke First']);
						expect(old).toMatchObject({ state: 'superseded', replacedBy: row?.id });
						expect(row).toMatchObject({ state: 'sending' });
						counts.neither++;
					} else if (standing === 2) {
						// The new one may be stored, and the old one says by what it is replaced.
						expect(row).toMatchObject({ state: 'sending' });
						expect(old).toMatchObject({ state: 'stored', replacedBy: row?.id });
						counts.two++;
					} else counts.one++;
					const isKnown = repeatedStore !== 409 || word === 'issued';
					if (isKnown) {
						expect([moment, word, last]).toEqual([moment, 'issued', [given]]);
					} else {
						// AIR has it, and says 409 to the repeat: unknown, and both are named.
						expect([moment, word]).toEqual([moment, 'outcome-unknown']);
					}
					expect([moment, bits]).toEqual([moment, true]);
				}
				reportRow({
					Place: 'direct issuance: reissue',
					Fault: `${store}, ${name}: kill -9 at ${results.size} moments`,
					Setting: `a repeat: ${repeatedStore}`,
					First: `neither ${counts.neither}, one ${counts.one}, two ${counts.two}`,
					Again: 'one',
					Accepted: results.size,
				});
			},
		);
	},
);
