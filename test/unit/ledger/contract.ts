import type { Ledger } from '../../../ledger/Ledger';
import { attempts } from './contract/attempts';
import { feed } from './contract/feed';
import { interleavings } from './contract/interleavings';
import { kept } from './contract/kept';
import { overtaken } from './contract/overtaken';
import { retention } from './contract/retention';
import { shell } from './contract/shell';
import { watching } from './contract/watching';

/**
 * An empty store and what its tests need of it. Both stores take the option
 * `clockOffsetMs?: () => number`, which is for tests only and is added to the store's clock wherever
 * that is read; `advance` raises what it returns. So no test has to sleep, and all ledgers on the
 * store see the same time.
 */
export interface ContractStore {
	readonly ledger: Ledger;
	/** Another ledger on the same store, as another process would have it. `destroy` closes it. */
	another(): Promise<Ledger>;
	/** Closes all ledgers and opens a new one: n8n was restarted. `ledger` is the new one from then on. */
	reopen(): Promise<void>;
	/** Lets time pass for all ledgers on this store. */
	readonly advance: (ms: number) => void;
	/** Closes all ledgers and removes the store. */
	destroy(): Promise<void>;
}

/** How the groups of tests get at the store of the present test. */
export type GetStore = () => ContractStore;

/**
 * What every ledger promises (`Ledger.ts`; design.md, decisions 4–8; docs/ledger.md). To be called
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
	});
}
