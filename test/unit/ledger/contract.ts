import { attempts } from './contract/attempts';
import { drifts } from './contract/drifts';
import { feed } from './contract/feed';
import { interleavings } from './contract/interleavings';
import { kept } from './contract/kept';
import { overtaken } from './contract/overtaken';
import { retention } from './contract/retention';
import { shell } from './contract/shell';
import type { ContractStore, GetStore } from './contract/store';
import { watching } from './contract/watching';

/**
 * What every ledger promises, by `Ledger.ts` and docs/ledger.md. To be called
 * from a test file of each store.
 *
 * @param name - of the store
 * @param open - makes an empty store, before each test
 */
export function ledgerContract(name: string, open: () => Promise<ContractStore>): void {
	describe(`the ledger on ${name}`, () => {
		let store: ContractStore | undefined;
		const getStore: GetStore = () => {
			if (store === undefined) throw new Error('there is a store only inside a test');
			return store;
		};
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
		drifts(getStore);
	});
}
