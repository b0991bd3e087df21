import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as AirClientModule from '../../air/AirClient';
import type * as DirectClientModule from '../../air/direct/DirectClient';
import type * as WebIssuerModule from '../../air/direct/webIssuer';
import type * as PrivateKeyModule from '../../air/keys/privateKey';
import type * as PublicJwkModule from '../../air/keys/PublicJwk';
import type * as HostLimiterModule from '../../air/pacing/HostLimiter';
import type { DirectIssueRequest } from '../../issuance/direct/DirectIssuing';
import type * as DirectIssuingModule from '../../issuance/direct/DirectIssuing';
import type * as IssueDirectlyModule from '../../issuance/direct/issueDirectly';
import type * as IdempotencyModule from '../../issuance/issue/idempotency';
import type * as ParallelModule from '../../issuance/issue/Parallel';
import type * as RunLimitsModule from '../../n8n/run/RunLimits';
import type * as LedgerSessionModule from '../../issuance/session/LedgerSession';
import type * as ProveKeyModule from '../../issuance/session/proveKey';
import type * as SqliteModule from '../../ledger/sqlite/openSqliteLedger';
import { PARTNER_ID, SCHEMA_ID, type BenchAir } from './air';
import { VCT, WEB_DID } from './directScript';

/** Direct issuance by the built package, with a ledger of its own in a file. */
export interface DirectOurs {
	/** Forgets what was learned about the previous AIR. */
	forget(): void;
	/** @returns seconds, the end of the run included */
	issueAll(emails: readonly string[]): Promise<number>;
	close(): Promise<void>;
}

/** @param subject - the folder of the built package */
export async function directOurs(air: BenchAir, subject: string): Promise<DirectOurs> {
	const from = createRequire(join(subject, 'package.json'));
	const own = (module: string): unknown => from(`./dist/${module}.js`);
	const { AirClient } = own('air/AirClient') as typeof AirClientModule;
	const { DirectClient } = own('air/direct/DirectClient') as typeof DirectClientModule;
	const { webIssuer } = own('air/direct/webIssuer') as typeof WebIssuerModule;
	const { importPrivateKey } = own('air/keys/privateKey') as typeof PrivateKeyModule;
	const { publicJwkOf } = own('air/keys/PublicJwk') as typeof PublicJwkModule;
	const { forgetLimits } = own('air/pacing/HostLimiter') as typeof HostLimiterModule;
	const { laneOfDirect } = own('issuance/direct/DirectIssuing') as typeof DirectIssuingModule;
	const { issueDirectly } = own('issuance/direct/issueDirectly') as typeof IssueDirectlyModule;
	const { idempotencyOf } = own('issuance/issue/idempotency') as typeof IdempotencyModule;
	const { Parallel } = own('issuance/issue/Parallel') as typeof ParallelModule;
	const { RunLimits } = own('n8n/run/RunLimits') as typeof RunLimitsModule;
	const { LedgerSession } = own('issuance/session/LedgerSession') as typeof LedgerSessionModule;
	const { proveDirectly } = own('issuance/session/proveKey') as typeof ProveKeyModule;
	const { openSqliteLedger } = own('ledger/sqlite/openSqliteLedger') as typeof SqliteModule;

	const folder = mkdtempSync(join(tmpdir(), 'moca-air-bench-'));
	const { ledger } = await openSqliteLedger({ file: join(folder, 'ledger.sqlite') });
	const key = await importPrivateKey(air.key.pem);
	const { baseUrl, accountUrl } = air;
	const identity = { baseUrl, accountUrl, partnerId: PARTNER_ID, kid: PARTNER_ID, key };
	const client = new AirClient({ ...identity, scope: 'issue', lifetimeSeconds: 120 });
	const issuer = {
		client: new DirectClient({ ...identity, scope: 'issue' }),
		issuer: webIssuer(WEB_DID),
		issuerAs: 'did',
		statusListUrl: '',
		published: [publicJwkOf(key, PARTNER_ID)],
	} as const;
	let executions = 0;

	return {
		forget: forgetLimits,
		issueAll: async (emails) => {
			const began = performance.now();
			const executionId = String(++executions);
			const session = new LedgerSession({
				ledger,
				client,
				prove: async (proof) => {
					await proveDirectly(issuer.client, client, proof);
				},
				origin: { instance: 'n8n', workflowId: 'bench', executionId, nodeId: 'bench' },
				ownExecutions: { ids: [executionId], began: undefined },
				retentionDays: 90,
				log: (line) => {
					throw new Error(line);
				},
			});
			const expiresAt = Math.floor(Date.now() / 1000) + 30 * 86_400;
			// Like the node without options.
			const limits = new RunLimits(undefined);
			limits.set(baseUrl, 'issue', { requestsPerSecond: undefined, waitMs: undefined });
			limits.uses(accountUrl, 'ask');
			const { share } = limits;
			const parallel = new Parallel({
				items: emails.length,
				concurrency: limits.concurrency,
				stopAtFailure: true,
				prepare: async (index) => {
					const request: DirectIssueRequest = {
						recipient: emails[index] ?? '',
						vct: VCT,
						schemaId: SCHEMA_ID,
						credentialSubject: { kycLevel: 'basic', isOver18: true },
						disclosable: 'all',
						expiresAt,
						ifHeld: 'keep',
						unboundAllowed: false,
					};
					const mode = { mode: 'content', rememberHours: 24 } as const;
					const compared = { ...request, issuerDid: WEB_DID };
					const idempotency = idempotencyOf(key, compared, mode, []);
					return await Promise.resolve({
						lane: laneOfDirect(request),
						run: async (stopped: AbortSignal, onAnswered: () => void) =>
							await issueDirectly(
								session,
								issuer,
								{ request, stopped, share, onAnswered },
								idempotency,
							),
					});
				},
			});
			const { ends } = await parallel.run();
			await session.end();
			const seconds = (performance.now() - began) / 1000;
			for (const end of ends) {
				if (end?.ok === true && end.value.outcome === 'issued') continue;
				throw end?.ok === false ? end.error : new Error('an item was not issued');
			}
			return seconds;
		},
		close: async () => {
			await ledger.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
