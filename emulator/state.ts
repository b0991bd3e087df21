import { randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Clock } from './clock';
import type { AccountField } from './direct/accountFields';
import type { partnerInput, programInput } from './inputs';

export type IssuanceProgram = z.output<typeof programInput>;

export interface Partner extends Omit<z.output<typeof partnerInput>, 'programs'> {
	readonly programs: Map<string, IssuanceProgram>;
	/** E-mails, as sent, whose owners declined this partner's credentials. */
	readonly declined: Set<string>;
}

export interface User {
	readonly email: string;
	readonly userUuid: string;
	readonly createdAt: number;
}

export interface Issuance {
	readonly coreClaimHash: string;
	readonly vcId: string;
	readonly vcDstorageId: string;
	readonly partnerId: string;
	readonly recipient: string;
	readonly userUuid: string;
	readonly programId: string;
	readonly issuerDid: string;
	readonly schemaId: string;
	readonly issuedAt: number;
	readonly expiresAt: number;
	/** Remembered, so that a longer `confirmAfterMs` never takes an ONCHAIN back. */
	onchain: boolean;
	/** The issuance that replaced this one under `onDuplicate: revoke`. */
	revokedBy?: string;
	forcedStatus?: string | undefined;
}

export interface Settings {
	confirmAfterMs: number | null;
	visibleAfterMs: number;
	latencyMs: number;
	/** How many requests each host works on at once, `latencyMs` each; null for any number. */
	workers: number | null;
	jwksCacheSeconds: number;
	refetchOnUnknownKid: boolean;
	bodyLimitBytes: number;
	recordBodies: boolean;
	/** Whether a status query is refused if its Partner JWT names no e-mail. */
	statusNeedsEmail: boolean;
	/** How far `iat` may be ahead of AIR's clock. */
	iatToleranceSeconds: number;
	/** Partner JWTs need no `typ`, scope or `exp`, may be valid forever, and may have a DID URL as `kid`. */
	tolerantTokens: boolean;
	/** Whether a credential is refused if its Partner JWT names an e-mail. */
	storeRefusesEmail: boolean;
	/** What `initialize-user` answers with null. */
	accountNulls: AccountField[];
	/** Whether `publicKey` begins with `0x`. */
	hexPrefix: boolean;
	/** The answer to a credential that is already stored; `again` stores another one. */
	repeatedStore: 200 | 201 | 409 | 'again';
	/** Whether a second credential of a schema for a user is 409. */
	onePerUserAndSchema: boolean;
	/** Whether an envelope is opened on arrival, or only when somebody looks at it. */
	openAtOnce: boolean;
	/** `withheld`: it is stored, but the 201 has no storagePath; `lost`: it is not stored either. */
	storagePath: 'sent' | 'withheld' | 'lost';
}

/** Beyond `ONCHAIN` and `WAIT_ONCHAIN` the words are those of AIR's verify-by-agent surface. */
const GONE = new Set(['EXPIRE', 'WAIT_REMOVE', 'REMOVE', 'NO_EXIST']);

const DAY_MS = 86_400_000;

/** Everything that the emulated AIR remembers. Nothing is kept across restarts. */
export class State {
	readonly partners = new Map<string, Partner>();
	readonly users = new Map<string, User>();
	readonly issuances = new Map<string, Issuance>();
	private readonly latest = new Map<string, Issuance>();
	private readonly issuerIds = new Map<string, string>();

	constructor(
		readonly settings: Settings,
		private readonly clock: Clock,
	) {}

	/** AIR creates the account of an e-mail it does not know (openapi, issue-on-behalf). */
	userOf(email: string): User {
		let user = this.users.get(email);
		if (user === undefined) {
			user = { email, userUuid: randomUUID(), createdAt: this.clock.now() };
			this.users.set(email, user);
		}
		return user;
	}

	isKnownProgram(programId: string): boolean {
		return [...this.partners.values()].some((partner) => partner.programs.has(programId));
	}

	isKnownDid(issuerDid: string): boolean {
		return [...this.partners.values()].some((partner) =>
			[...partner.programs.values()].some((program) => program.issuerDid === issuerDid),
		);
	}

	/** The issuance that a further one to the same user would duplicate, if it is still valid. */
	duplicateOf(partner: Partner, program: IssuanceProgram, user: User): Issuance | undefined {
		const found = this.latest.get(duplicateKey(partner.duplicateKey, partner, program, user));
		return found !== undefined && !GONE.has(this.vcStatus(found)) ? found : undefined;
	}

	issue(partner: Partner, program: IssuanceProgram, user: User): Issuance {
		const issuedAt = this.clock.now();
		const issuance: Issuance = {
			coreClaimHash: randomBytes(32).toString('hex'),
			vcId: shortId(),
			vcDstorageId: randomUUID(),
			partnerId: partner.partnerId,
			recipient: user.email,
			userUuid: user.userUuid,
			programId: program.programId,
			issuerDid: program.issuerDid,
			schemaId: program.schemaId,
			issuedAt,
			expiresAt: issuedAt + program.expirationDays * DAY_MS,
			onchain: false,
		};
		this.issuances.set(issuance.coreClaimHash, issuance);
		this.latest.set(duplicateKey('program', partner, program, user), issuance);
		this.latest.set(duplicateKey('schema', partner, program, user), issuance);
		return issuance;
	}

	/**
	 * `WAIT_ONCHAIN`, then `ONCHAIN` (openapi enum of the status endpoint). That a revoked or expired
	 * credential reads `REMOVE` or `EXPIRE` is inferred from AIR's wider internal vocabulary.
	 */
	vcStatus(issuance: Issuance): string {
		const now = this.clock.now();
		const { confirmAfterMs } = this.settings;
		if (issuance.forcedStatus !== undefined) return issuance.forcedStatus;
		if (issuance.revokedBy !== undefined) return 'REMOVE';
		if (now >= issuance.expiresAt) return 'EXPIRE';
		if (confirmAfterMs !== null && now >= issuance.issuedAt + confirmAfterMs) {
			issuance.onchain = true;
		}
		return issuance.onchain ? 'ONCHAIN' : 'WAIT_ONCHAIN';
	}

	isVisible(issuance: Issuance): boolean {
		return this.clock.now() >= issuance.issuedAt + this.settings.visibleAfterMs;
	}

	issuerIdOf(issuerDid: string): string {
		let id = this.issuerIds.get(issuerDid);
		if (id === undefined) {
			id = shortId();
			this.issuerIds.set(issuerDid, id);
		}
		return id;
	}

	clear(): void {
		for (const map of [this.partners, this.users, this.issuances, this.latest, this.issuerIds]) {
			map.clear();
		}
	}
}

function duplicateKey(
	by: 'program' | 'schema',
	partner: Partner,
	program: IssuanceProgram,
	user: User,
): string {
	const id = by === 'program' ? program.programId : program.schemaId;
	return JSON.stringify([partner.partnerId, by, id, user.userUuid]);
}

const ID_LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Shaped like AIR's `vcId` and program IDs: `c` and 21 letters or digits (docs samples). */
function shortId(): string {
	return 'c' + [...randomBytes(21)].map((byte) => ID_LETTERS.charAt(byte % 36)).join('');
}
