import { once } from 'node:events';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { request } from '../unit/ledger/contract/requests';

/**
 * A process of its own, as another n8n would be: says that it is loaded, waits for a line, opens the
 * ledger that RACER_URL names, begins the same as all others, and prints what it was told. The ledger
 * is not closed: an idle one has to let its process end.
 */
async function main(): Promise<void> {
	process.stdout.write('loaded\n');
	await once(process.stdin, 'data');
	process.stdin.destroy();
	const ledger = await openPostgresLedger({ url: process.env.RACER_URL ?? '' });
	const { outcome } = await ledger.begin(request());
	process.stdout.write(`${outcome}\n`);
}

void main();
