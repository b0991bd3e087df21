import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirClient } from '../../../../air/AirClient';
import { DirectClient } from '../../../../air/direct/DirectClient';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { publicJwkOf } from '../../../../air/keys/PublicJwk';
import type {
	DirectIssuer,
	DirectIssueRequest,
	DirectIssuing,
} from '../../../../issuance/direct/DirectIssuing';
import { DirectChecking, type CheckedDirect } from '../../../../issuance/direct/checkDirectly';
import type { RememberedDirect } from '../../../../issuance/direct/directOutcome';
import { issueDirectly } from '../../../../issuance/direct/issueDirectly';
import { idempotencyOf, type IdempotencyMode } from '../../../../issuance/issue/idempotency';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import { proveDirectly } from '../../../../issuance/session/proveKey';
import type { Ledger, LedgerRow } from '../../../../ledger/Ledger';
import { openMemoryLedger } from '../../../../ledger/sqlite/openMemoryLedger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { forgetLimits } from '../../../../air/pacing/HostLimiter';
import { KID, SCHEMA, useDirectRig, type DirectRig } from '../../emulator/directSupport';
import { PARTNER, type Signer } from '../../emulator/support';

export const VCT = 'kyc-level';

/** Who issues, to which AIR. */
export interface Where {
	readonly baseUrl: string;
	readonly accountUrl: string;
	/** Of the issuer. */
	readonly did: string;
	readonly signer: Pick<Signer, 'privateKey'>;
}

/** A partner with a ledger. */
export interface Issuer {
	readonly ledger: Ledger;
	readonly log: readonly string[];
	/** Who issues; `beside`: the first key of the partner is published beside this one. */
	issuer(changes?: {
		signer?: Signer;
		kid?: string;
		beside?: boolean;
		accountUrl?: string;
	}): Promise<DirectIssuer>;
	/** Issues in an execution of its own. */
	issue(
		event: string,
		changes?: Partial<DirectIssueRequest>,
		how?: HowToIssue,
	): Promise<RememberedDirect>;
	/** Checks in a run of its own, or in that of `checking`. */
	check(
		event: string,
		changes?: Partial<DirectIssueRequest>,
		how?: HowToIssue & { readonly checking?: DirectChecking },
	): Promise<CheckedDirect>;
	row(event: string): Promise<LedgerRow | undefined>;
	/** All that the ledger knows, apart from time. */
	numbers(): Promise<readonly LedgerRow[]>;
}

/** The same, and AIR as the emulator is it. */
export interface Partner extends Issuer {
	readonly rig: DirectRig;
	/** Where the ledger is. */
	readonly file: string;
	/** What AIR was sent: one hash for each byte string. */
	bodies(): string[];
	accounts(): number;
}

export interface HowToIssue extends Partial<Omit<DirectIssuing, 'request'>> {
	readonly issuer?: DirectIssuer;
	readonly mode?: IdempotencyMode;
	/** In place of the embedded one; `off` as with Issuance Ledger off. */
	readonly ledger?: Ledger | 'off';
	readonly execution?: string;
}

export const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * 86_400;

export function usePartner(): () => Partner {
	const getRig = useDirectRig();
	let folder = '';
	let ledger: Ledger | undefined;
	let partner: Partner | undefined;
	beforeAll(() => {
		process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	});
	afterAll(() => {
		delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	});
	beforeEach(async () => {
		forgetLimits();
		folder = mkdtempSync(join(tmpdir(), 'moca-air-direct-'));
		const file = join(folder, 'ledger.sqlite');
		({ ledger } = await openSqliteLedger({ file }));
		partner = partnerOf(getRig(), ledger, file);
		// The emulator has forgotten them, and this process has not.
		const { client } = await partner.issuer();
		for (const name of ['ada', 'first']) client.forgetAccount(`${name}@example.com`);
	});
	afterEach(async () => {
		await ledger?.close();
		rmSync(folder, { recursive: true, force: true });
	});
	return () => {
		if (partner === undefined) throw new Error('there is a partner only inside a test');
		return partner;
	};
}

export function partnerOf(rig: DirectRig, own: Ledger, file: string): Partner {
	const { emulator, issuer, signer } = rig;
	const { baseUrl, accountUrl } = emulator;
	return {
		...issuerOn(own, { baseUrl, accountUrl, did: issuer.did, signer }),
		rig,
		file,
		bodies: () =>
			emulator.control
				.requests()
				.filter(({ operation, externalId }) => operation === 'store' && externalId !== undefined)
				.map(({ bodyHash }) => bodyHash ?? ''),
		accounts: () => emulator.control.counts().accounts,
	};
}

/** @param own - the ledger, unless an issuance is told another */
export function issuerOn(own: Ledger, where: Where): Issuer {
	const log: string[] = [];
	const realm = `${where.baseUrl} ${PARTNER}`;
	let executions = 0;

	const keyOf = async ({ privateKey }: Where['signer']) =>
		await importPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());

	const issuerOf: Issuer['issuer'] = async ({
		signer = where.signer,
		kid = KID,
		beside = false,
		accountUrl = where.accountUrl,
	}: {
		signer?: Where['signer'];
		kid?: string;
		beside?: boolean;
		accountUrl?: string;
	} = {}) => {
		const key = await keyOf(signer);
		const { baseUrl } = where;
		const identity = { baseUrl, accountUrl, partnerId: PARTNER, kid, key, scope: 'issue' };
		return {
			client: new DirectClient(identity),
			issuer: webIssuer(where.did),
			issuerAs: 'did',
			statusListUrl: `${webIssuer(where.did).url}/status-lists`,
			published: [
				publicJwkOf(key, kid),
				...(beside ? [publicJwkOf(await keyOf(where.signer), KID)] : []),
			],
		};
	};

	const sessionOf = async (issuer: DirectIssuer, { ledger = own, execution }: HowToIssue) => {
		const client = new AirClient({ ...issuer.client.identity, lifetimeSeconds: 120 });
		executions += 1;
		const executionId = execution ?? String(executions);
		return new LedgerSession({
			ledger: ledger === 'off' ? await openMemoryLedger() : ledger,
			client,
			prove: async (proof) => {
				await proveDirectly(issuer.client, client, proof);
			},
			origin: { instance: 'n8n', workflowId: 'w', executionId, nodeId: 'n' },
			...(ledger === 'off' ? { onlyIn: executionId } : {}),
			ownExecutions: { ids: [executionId], began: undefined },
			retentionDays: 90,
			log: (line) => log.push(line),
		});
	};

	const begin = async (event: string, changes: Partial<DirectIssueRequest>, how: HowToIssue) => {
		const issuer = how.issuer ?? (await issuerOf());
		const session = await sessionOf(issuer, how);
		const request: DirectIssueRequest = {
			recipient: 'ada@example.com',
			vct: VCT,
			schemaId: SCHEMA,
			credentialSubject: { level: 2, country: 'IT' },
			disclosable: 'all',
			expiresAt: inDays(30),
			ifHeld: 'another',
			unboundAllowed: false,
			...changes,
		};
		const mode = how.mode ?? ({ mode: 'event', eventId: event } as const);
		const { key } = issuer.client.identity;
		const compared = { ...request, issuerDid: issuer.issuer.did };
		return { session, issuer, request, idempotency: idempotencyOf(key, compared, mode, []) };
	};

	return {
		ledger: own,
		log,
		issuer: issuerOf,
		issue: async (event, changes = {}, how = {}) => {
			const { session, issuer, request, idempotency } = await begin(event, changes, how);
			try {
				return await issueDirectly(session, issuer, { ...how, request }, idempotency);
			} finally {
				await session.end();
			}
		},
		check: async (event, changes = {}, { checking = new DirectChecking(), ...how } = {}) => {
			const { session, issuer, request, idempotency } = await begin(event, changes, how);
			const read = how.ledger === 'off' ? undefined : session;
			return await checking.check(request, idempotency, read, { row: 1, issuer });
		},
		row: async (event) => await own.find(realm, { program: VCT, idempotencyKey: `event:${event}` }),
		numbers: async () => await own.list({ limit: 100 }),
	};
}
