import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
	LIVE_LIFETIME_SECONDS,
	LIVE_TTL_SECONDS,
	signStatusList,
} from '../../../air/direct/statusList';
import { webIssuer } from '../../../air/direct/webIssuer';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { LIST_SIZE } from '../../../issuance/direct/placeInList';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../support/keys';
import { REALM } from '../BenchStore';
import { below, type Line } from '../results';
import type { RowContext } from '../settings';
import { measured, medianOf, ratios } from '../statistics';

const ID = 'AAAAAAAAAAAAAAAA';
/** As many as a list takes. */
const USED = LIST_SIZE / 2;

/** A full list, whose places are at random; so many of its credentials are revoked. */
function fill(file: string, revoked: number): void {
	const database = new DatabaseSync(file);
	database.exec(`PRAGMA synchronous = OFF; BEGIN;
		INSERT INTO status_lists (id, realm, ledger_id, size, opened_at)
			SELECT '${ID}', '${REALM}', id, ${LIST_SIZE}, 1 FROM identity`);
	const insert = database.prepare(`INSERT INTO credentials (realm, number, list, list_index,
			expires_at, revoked_at, key_thumbprint) VALUES ('${REALM}', ?, '${ID}', ?, 9e12, ?, 't')`);
	const places = Array.from({ length: LIST_SIZE }, (_, place) => ({ place, draw: randomInt(1e9) }));
	const drawn = places.toSorted((a, b) => a.draw - b.draw).slice(0, USED);
	for (const [index, { place }] of drawn.entries()) {
		insert.run(String(index), place, index < revoked ? 1_700_000_000_000 : null);
	}
	database.exec('COMMIT');
	database.close();
}

/** Row 9: a status list that is full, from the ledger to the signed token, when something was revoked. */
export async function statusLists(context: RowContext): Promise<Line[]> {
	const lines: Line[] = [];
	const issuer = webIssuer('did:web:issuer.example.com');
	const keys = {
		ES256: await importPrivateKey(makeKey('ES256').pem),
		RS256: await importPrivateKey(makeKey('RS256').pem),
	};
	const rounds = context.quick ? 5 : 20;
	for (const share of [0, 0.01, 0.1, 0.5]) {
		const folder = await mkdtemp(join(tmpdir(), 'moca-air-bench-'));
		const file = join(folder, 'ledger.sqlite');
		const { ledger } = await openSqliteLedger({ file });
		fill(file, Math.round(USED * share));
		let [bytes, places] = [0, 0];
		const once = async (alg: keyof typeof keys): Promise<number> => {
			const began = performance.now();
			const list = await ledger.statusList(REALM, ID);
			if (list === undefined) throw new Error('there is no list');
			const token = await signStatusList(
				{
					...{ issuer, issuerAs: 'did', kid: 'k1', key: keys[alg] },
					...{ uri: `${issuer.url}/status-lists/${ID}`, size: list.size, revoked: list.revoked },
					...{ ttlSeconds: LIVE_TTL_SECONDS, lifetimeSeconds: LIVE_LIFETIME_SECONDS },
				},
				Date.now(),
			);
			const ms = performance.now() - began;
			[bytes, places] = [token.length, list.revoked.length];
			return ms;
		};
		await once('ES256');
		const times = { ES256: [] as number[], RS256: [] as number[] };
		for (let pair = 0; pair < context.pairs; pair++) {
			for (const alg of ['ES256', 'RS256'] as const) {
				const each: number[] = [];
				for (let round = 0; round < rounds; round++) each.push(await once(alg));
				times[alg].push(medianOf(each));
			}
		}
		await ledger.close();
		await rm(folder, { recursive: true, force: true });
		const kilobytes = (bytes / 1024).toFixed(1);
		context.say(`${places} revoked: ${bytes} bytes`);
		lines.push({
			row: 9,
			setting: `${places.toLocaleString('en')} revoked, ${kilobytes} KiB`,
			unit: 'ms',
			ours: { name: 'ES256', ...measured(times.ES256) },
			comparison: { name: 'RS256', ...measured(times.RS256) },
			ratio: ratios(times.ES256, times.RS256),
			goal: share > 0.1 ? undefined : below(100, measured(times.ES256), ' ms'),
			more: { bytes, places },
		});
	}
	return lines;
}
