import { attempts } from './contract/attempts';
import { direct } from './contract/direct';
import { drifts } from './contract/drifts';
import { feed } from './contract/feed';
import { interleavings } from './contract/interleavings';
import { kept } from './contract/kept';
import { overtaken } from './contract/overtaken';
import { races } from './contract/races';
import { retention } from './contract/retention';
import { revocations } from './contract/revocations';
import { settling } from './contract/settling';
import { shell } from './contract/shell';
import type { ContractStore, GetStore } from './contract/store';
import { watching } from './contract/watching';
import type { StoreKind } from './stores';

/**
 * What every ledger promises, by `Ledger.ts` and docs/ledger.md. To be called
 * from a test file of each store; each test has an empty one.
 */
export function ledgerContract({ name, setUp, open }: StoreKind): void {
	describe(`the ledger on ${name}`, () => {
		let tearDown: (() => Promise<void>) | undefined;
		let store: ContractStore | undefined;
		const getStore: GetStore = () => {
			if (store === undefined) throw new Error('there is a store only inside a test');
			return store;
		};
		beforeAll(async () => {
			tearDown = await setUp();
		}, 120_000);
		afterAll(async () => {
			await tearDown?.();
		}, 120_000);
		beforeEach(async () => {
			store = await open();
		});
		afterEach(async () => {
			await store?.destroy();
			store = undefined;
		});
		attempts(getStore);
		overtaken(getStore);
		kept(getStore);
		interleavings(getStore);
		watching(getStore);
		feed(getStore);
		retention(getStore);
		shell(getStore);
		settling(getStore);
		races(getStore);
		drifts(getStore);
		direct(getStore);
		revocations(getStore);
	});
}
