import fc from 'fast-check';
import type { ContractStore } from './contract/store';
import { Player } from './random/Player';
import { steps, type Step } from './random/steps';
import { STORES } from './stores';

/** Whatever is asked, one after another: both stores give the same answers and hold the same rows. */

// Starts and databases take their time on a busy machine.
jest.setTimeout(300_000);

/** How many sequences; a drift is worth a night with more of them. */
const RUNS = Number(process.env.MOCA_AIR_LEDGER_RUNS ?? 60);
const TABLES = [
	...['issuances', 'cursors', 'delays', 'pruned', 'accepted_keys'],
	...['credentials', 'signing_keys'],
];

/** What of a credential outlives its row, and what is kept to be sent again. */
const OUTLIVING = [
	"SELECT number, CASE WHEN revoked_at IS NULL THEN 'valid' ELSE 'revoked' END AS status FROM credentials ORDER BY number",
	'SELECT external_id, body FROM envelopes ORDER BY external_id',
	'SELECT kid, key_thumbprint FROM signing_keys ORDER BY kid, key_thumbprint',
];

const tearDowns: (() => Promise<void>)[] = [];
const stores: ContractStore[] = [];
beforeAll(async () => {
	for (const { setUp, open } of STORES) {
		tearDowns.push(await setUp());
		stores.push(await open());
	}
}, 120_000);
afterAll(async () => {
	for (const store of stores) await store.destroy();
	for (const tearDown of tearDowns) await tearDown();
}, 120_000);

async function playOn(store: ContractStore, sequence: readonly Step[]): Promise<unknown[]> {
	for (const table of TABLES) await store.sql(`DELETE FROM ${table}`);
	const player = new Player(store);
	const told: unknown[] = [];
	for (const step of sequence) told.push(await player.play(step));
	for (const query of OUTLIVING) told.push(await store.sql(query));
	return told;
}

test('the same is told and kept, step by step', async () => {
	await fc.assert(
		fc.asyncProperty(steps(40), async (sequence) => {
			const [first, second] = await Promise.all(stores.map((store) => playOn(store, sequence)));
			expect(second).toEqual(first);
		}),
		{ numRuns: RUNS },
	);
});
