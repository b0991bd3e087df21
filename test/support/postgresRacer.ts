import { once } from 'node:events';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { request } from '../unit/ledger/contract/requests';

/**
 * A separate process, like another n8n: reports that it is loaded, waits for a line, opens the
 * ledger that RACER_URL names, begins the same attempt as all others, and prints the result. The ledger
 * is not closed: an idle ledger must let its process end.
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
