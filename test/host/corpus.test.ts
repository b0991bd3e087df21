import { ENGINE, testCorpus } from './corpusTests';
import { startHost } from './workflows';

/** One process, SQLite. */
testCorpus(
	Number(process.env.MOCA_AIR_CORPUS_ORDERS ?? 2),
	async () => await startHost({ env: ENGINE }),
);
