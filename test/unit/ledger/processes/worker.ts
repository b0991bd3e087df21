import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { request } from '../contract/requests';

/** What a worker has to do; it comes as JSON on the command line. */
export interface Work {
	readonly file: string;
	/** Time of the day at which all workers begin. */
	readonly startAt: number;
	/** Keys to begin, one after another. */
	readonly keys: readonly string[];
	/** Stays until it is killed. */
	readonly stay?: boolean;
}

/** What a worker tells, as JSON on its standard output. */
export interface Told {
	readonly outcomes: readonly string[];
	readonly createdNow: boolean;
	/** The longest time that its event loop stood still. */
	readonly delayMs: number;
}

async function main({ file, startAt, keys, stay }: Work): Promise<void> {
	await sleep(startAt - Date.now());
	const { ledger, createdNow } = await openSqliteLedger({ file });
	const delay = monitorEventLoopDelay({ resolution: 1 });
	delay.enable();
	const outcomes: string[] = [];
	for (const idempotencyKey of keys) {
		outcomes.push((await ledger.begin(request({ idempotencyKey }))).outcome);
	}
	delay.disable();
	const told: Told = { outcomes, createdNow, delayMs: delay.max / 1e6 };
	process.stdout.write(JSON.stringify(told));
	if (stay === true) await sleep(60_000);
	await ledger.close();
}

void main(JSON.parse(process.argv[2] ?? '') as Work);
