import { randomBytes } from 'node:crypto';
import type { Ledger } from '../../../../ledger/Ledger';
import { openPostgresLedger } from '../../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { placeInList } from '../../../../issuance/direct/placeInList';
import { DAY, REALM, request } from '../contract/requests';

/** What a process has to do; it comes as JSON on the command line. */
export interface Placing {
	readonly store: { readonly file: string } | { readonly url: string };
	readonly name: string;
	/** How many credentials it begins. */
	readonly count: number;
}

const random = { bytes: randomBytes, keyPair: () => ({}) as never };
const AT_ONCE = 50;

async function place(ledger: Ledger, name: string): Promise<number> {
	for (let tries = 1; ; tries++) {
		const revocable = await placeInList({ ledger, realm: REALM }, random);
		const begun = await ledger.beginDirect(
			{
				...request({ idempotencyKey: `event:${name}`, recipient: `${name}@example.com` }),
				ifHeld: 'another',
			},
			{
				sealed: {
					externalId: `urn:uuid:${name}`,
					body: '{}',
					revocationNumber: randomBytes(7).readUIntBE(1, 6).toString() + name.replace(/\D/g, ''),
					expiresAt: Date.now() + DAY,
					issuer: 'did:web:example.com',
					kid: 'k1',
					publicJwk: '{}',
					holderDid: 'did:air:id:test:ada',
					holderKey: '302a',
				},
				outlives: true,
				revocable,
				instead: null,
			},
		);
		if (begun.outcome === 'started') return tries - 1;
		if (begun.outcome !== 'changed') throw new Error(begun.outcome);
	}
}

async function main({ store, name, count }: Placing): Promise<void> {
	const ledger =
		'file' in store
			? (await openSqliteLedger({ file: store.file })).ledger
			: await openPostgresLedger({ url: store.url });
	let [next, again] = [0, 0];
	const worker = async () => {
		while (next < count) again += await place(ledger, `${name}-${next++}`);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	await ledger.close();
	process.stdout.write(JSON.stringify({ again }));
}

void main(JSON.parse(process.argv[2] ?? '') as Placing);
