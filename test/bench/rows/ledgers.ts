import { randomBytes } from 'node:crypto';
import { PROGRAM, REALM, type OpenFilled } from '../BenchStore';
import { openFilledPostgres } from '../postgresBench';
import type { Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { openFilledSqlite } from '../sqliteBench';
import { measured, ratios } from '../statistics';

/** Items whose writes are under way together. */
const TOGETHER = 50;
import type { Ledger } from '../../../ledger/Ledger';

const STORES: readonly (readonly [name: string, open: OpenFilled])[] = [
	['Embedded (SQLite)', openFilledSqlite],
	['PostgreSQL', openFilledPostgres],
];

async function issueOne(ledger: Ledger): Promise<void> {
	const begun = await ledger.begin({
		instance: 'i',
		workflowId: 'w',
		executionId: '1',
		nodeId: 'n',
		realm: REALM,
		program: PROGRAM,
		issuerDid: 'did:air:id:test:bench',
		recipient: `person-${randomBytes(8).toString('hex')}@example.com`,
		idempotencyKey: randomBytes(32).toString('hex'),
		subjectHmac: randomBytes(32).toString('hex'),
		keyThumbprint: 'thumbprint',
		reference: null,
		rememberMs: 86_400_000,
		leaseMs: 60_000,
		repeatUnknown: false,
	});
	if (begun.outcome !== 'started') throw new Error(`begin answered ${begun.outcome}`);
	await ledger.answered(begun, {
		coreClaimHash: randomBytes(32).toString('hex'),
		userUuid: null,
		nextCheckMs: 60_000,
		supersedes: true,
	});
}

/** Row 7: begin and answered, of many items at once and one after another, with 10,000 rows stored. */
export async function ledgers(context: RowContext): Promise<Line[]> {
	const lines: Line[] = [];
	for (const [name, open] of STORES) {
		const filled = await open(10_000);
		const { ledger } = filled;
		const rate = async (items: number, atOnce: number): Promise<number> => {
			const began = performance.now();
			let left = items;
			const work = async (): Promise<void> => {
				while (left-- > 0) await issueOne(ledger);
			};
			await Promise.all(Array.from({ length: atOnce }, work));
			return (items * 2000) / (performance.now() - began);
		};
		await rate(100, TOGETHER);
		const together: number[] = [];
		const alone: number[] = [];
		for (let pair = 0; pair < context.pairs; pair++) {
			together.push(await rate(scaled(context, 2_000), TOGETHER));
			alone.push(await rate(scaled(context, 500), 1));
		}
		context.say(name);
		await filled.destroy();
		lines.push({
			row: 7,
			setting: name,
			unit: 'operations/s',
			ours: { name: `${TOGETHER} at once`, ...measured(together) },
			comparison: { name: 'one after another', ...measured(alone) },
			ratio: ratios(together, alone),
		});
	}
	return lines;
}
