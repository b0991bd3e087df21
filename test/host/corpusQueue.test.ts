import { ENGINE, testCorpus } from './corpusTests';
import { startQueueHost } from './queueHost';
import { hostOn } from './workflows';

/** Main and two workers, each with a few executions at once: PostgreSQL has the tables and the ledger. */
testCorpus(
	Number(process.env.MOCA_AIR_CORPUS_QUEUE_ORDERS ?? 1),
	async () => {
		const queue = await startQueueHost({
			concurrency: 5,
			everywhere: ENGINE,
			log: () => undefined,
		});
		await queue.newWorker();
		const { air, main, services } = queue;
		const fields = { ...air.credential, ledger: 'postgres', ledgerSecret: services.databaseUrl };
		const close = async () => {
			await queue.close();
		};
		return await hostOn({ folder: main.userFolder, air, n8n: main, fields, close });
	},
	// The other two use the same nodes, and an order takes minutes here.
	['sumsub'],
);
