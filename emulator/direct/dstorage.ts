import { randomBytes, type KeyObject } from 'node:crypto';
import { json, MESSAGES, Refusal, type Answer } from '../answers';
import type { Clock } from '../clock';
import type { Partner, State } from '../state';
import { openEnvelope, type Envelope } from './envelope';
import type { Holder, Holders } from './holders';
import { isObject } from './sdJwt';

/** The body of `POST /dstorage/vcs`. */
interface StoreRequest extends Envelope {
	readonly holderDid: string;
	readonly proofType?: string;
	readonly schemaId: string;
	readonly expiresAt: string;
	readonly externalId: string;
}

/** A credential as it was sent: AIR has nothing more. */
interface SealedCredential extends StoreRequest {
	readonly storagePath: string;
	readonly createdAt: number;
	readonly partnerId: string;
	readonly recipient: string;
	/** SHA-256 of the body that brought it, byte for byte. */
	readonly bodyHash: string | undefined;
}

interface Opened {
	/** The compact credential; absent if the envelope did not open. */
	readonly compact?: string;
	/** Why the envelope did not open. */
	readonly unopened?: string;
}

/** A credential as its holder sees it. */
export type StoredCredential = SealedCredential & Opened;

interface Kept {
	readonly credential: SealedCredential;
	readonly holderKey: KeyObject;
	opened?: Opened;
}

export interface Stored {
	readonly answer: Answer;
	readonly outcome: 'stored' | 'repeated' | 'not done';
	/** Why the envelope does not open, if it was opened at once. */
	readonly unopened?: string | undefined;
	readonly reason?: string;
}

/** All credentials in DStorage. */
export class DStorage {
	private readonly stored: Kept[] = [];
	private readonly byExternalId = new Map<string, SealedCredential>();

	constructor(
		private readonly state: State,
		private readonly holders: Holders,
		private readonly clock: Clock,
	) {}

	/**
	 * `POST /v1/dstorage/vcs`. Synchronous on purpose: two requests can never both find that there is no
	 * credential with this externalId yet.
	 */
	store(partner: Partner, body: unknown, bodyHash: string | undefined): Stored {
		if (!partner.directIssuance) {
			throw new Refusal(403, MESSAGES.schemaNotAllowed, 'direct issuance is switched off');
		}
		const request = readRequest(body);
		const known = this.byExternalId.get(keyOf(partner, request.externalId));
		if (known !== undefined && !sameFields(known, request)) {
			throw new Refusal(409, MESSAGES.conflict, 'this externalId came with other bytes before');
		}
		if (known !== undefined && this.state.settings.repeatedStore !== 'again') {
			return this.repeated(known, this.state.settings.repeatedStore);
		}
		const holder = this.check(partner, request);
		if (this.state.settings.onePerUserAndSchema && known === undefined) {
			this.refuseSecond(partner, request);
		}
		return this.keep(partner, request, holder, bodyHash);
	}

	/** All, opened; oldest first. */
	all(): StoredCredential[] {
		return this.stored.map(open);
	}

	/** The credentials stored for a person, or for the earlier account of the address. */
	for(email: string): StoredCredential[] {
		return this.stored.filter(({ credential }) => credential.recipient === email).map(open);
	}

	clear(): void {
		this.stored.length = 0;
		this.byExternalId.clear();
	}

	private repeated(known: SealedCredential, status: 200 | 201 | 409): Stored {
		if (status === 409) {
			throw new Refusal(409, MESSAGES.conflict, 'this externalId is stored already');
		}
		return {
			answer: this.answerOf(status, known),
			outcome: 'repeated',
			reason: 'this externalId is stored already',
		};
	}

	private check(partner: Partner, { schemaId, holderDid }: StoreRequest): Holder {
		const program = [...partner.programs.values()].find((one) => one.schemaId === schemaId);
		if (program === undefined) {
			throw new Refusal(403, MESSAGES.schemaNotAllowed, 'the schema is not of this partner');
		}
		if (!program.published) throw new Refusal(404, MESSAGES.schemaNotFound, 'program is a draft');
		const holder = this.holders.withDid(holderDid);
		if (holder === undefined) throw new Refusal(404, MESSAGES.unknownUser);
		if (partner.declined.has(holder.email)) {
			throw new Refusal(409, MESSAGES.conflict, 'consent declined by the recipient');
		}
		return holder;
	}

	private refuseSecond(partner: Partner, { holderDid, schemaId }: StoreRequest): void {
		const now = this.clock.now();
		const other = this.stored.find(
			({ credential: one }) =>
				one.partnerId === partner.partnerId &&
				one.holderDid === holderDid &&
				one.schemaId === schemaId &&
				Date.parse(one.expiresAt) > now,
		);
		if (other === undefined) return;
		throw new Refusal(409, MESSAGES.conflict, 'the user has a credential of this schema');
	}

	private keep(
		partner: Partner,
		request: StoreRequest,
		holder: Holder,
		bodyHash: string | undefined,
	): Stored {
		const credential: SealedCredential = {
			...request,
			storagePath: `dstorage://vc/${randomBytes(4).toString('hex')}/${randomBytes(16).toString('base64url')}`,
			createdAt: this.clock.now(),
			partnerId: partner.partnerId,
			recipient: holder.email,
			bodyHash,
		};
		const answer = this.answerOf(201, credential);
		if (this.state.settings.storagePath === 'lost') {
			return { answer, outcome: 'not done', reason: 'answered 201, stored nothing' };
		}
		const kept: Kept = { credential, holderKey: holder.privateKey };
		this.stored.push(kept);
		this.byExternalId.set(keyOf(partner, request.externalId), credential);
		const unopened = this.state.settings.openAtOnce ? open(kept).unopened : undefined;
		return { answer, outcome: 'stored', unopened };
	}

	private answerOf(status: 200 | 201, { storagePath, createdAt }: SealedCredential): Answer {
		const sent = this.state.settings.storagePath === 'sent';
		return json(status, {
			...(sent ? { storagePath } : {}),
			state: 'stored',
			envelopeVersion: '1',
			createdAt: new Date(createdAt).toISOString(),
		});
	}
}

/** Opens it, once. */
function open(kept: Kept): StoredCredential {
	const { credential, holderKey } = kept;
	kept.opened ??= tryToOpen(credential, holderKey);
	return { ...credential, ...kept.opened };
}

function tryToOpen(envelope: Envelope, holderKey: KeyObject): Opened {
	try {
		return { compact: openEnvelope(envelope, holderKey) };
	} catch (error) {
		return { unopened: error instanceof Error ? error.message : String(error) };
	}
}

const keyOf = (partner: Partner, externalId: string): string =>
	JSON.stringify([partner.partnerId, externalId]);

const FIELDS = [
	'holderDid',
	'proofType',
	'schemaId',
	'expiresAt',
	'data',
	'iv',
	'authTag',
	'encryptedKey',
	'externalId',
] as const satisfies readonly (keyof StoreRequest)[];

const sameFields = (one: StoreRequest, other: StoreRequest): boolean =>
	FIELDS.every((name) => one[name] === other[name]);

const ISO_WITH_MS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Unknown members are accepted: no source says that AIR refuses them. */
function readRequest(body: unknown): StoreRequest {
	const fields = isObject(body) ? body : {};
	const proofType = fields.proofType;
	if (proofType !== undefined && proofType !== 'SD_JWT_VC' && proofType !== 'BJJ_SIG_2021') {
		throw new Refusal(400, 'Invalid field: proofType must be SD_JWT_VC or BJJ_SIG_2021');
	}
	const expiresAt = text(fields, 'expiresAt');
	const expires = new Date(expiresAt);
	if (!ISO_WITH_MS.test(expiresAt) || Number.isNaN(expires.getTime())) {
		throw new Refusal(400, 'Invalid field: expiresAt must be an ISO 8601 date');
	}
	return {
		holderDid: text(fields, 'holderDid'),
		...(proofType === undefined ? {} : { proofType }),
		schemaId: text(fields, 'schemaId'),
		expiresAt,
		data: text(fields, 'data'),
		iv: text(fields, 'iv'),
		authTag: text(fields, 'authTag'),
		encryptedKey: text(fields, 'encryptedKey'),
		externalId: text(fields, 'externalId'),
	};
}

function text(fields: Record<string, unknown>, name: string): string {
	const value = fields[name];
	if (value === undefined || value === null || value === '') {
		throw new Refusal(400, `Missing required field: ${name}`);
	}
	if (typeof value !== 'string') throw new Refusal(400, `Invalid field: ${name} must be a string`);
	return value;
}
