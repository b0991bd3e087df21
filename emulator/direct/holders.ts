import { generateKeyPairSync, randomInt, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { User } from '../state';
import type { AccountField } from './accountFields';

const signingJwk = z.object({
	kty: z.literal('EC'),
	crv: z.literal('P-256'),
	x: z.string(),
	y: z.string(),
});

/** The wallet side of an account: AIR tells an issuer its DID and its public keys. */
export interface Holder {
	readonly email: string;
	readonly userId: string;
	readonly did: string;
	/** DER SubjectPublicKeyInfo of an X25519 key, in hex: 88 digits. */
	readonly publicKey: string;
	readonly privateKey: KeyObject;
	readonly signingJwk: z.output<typeof signingJwk>;
	/** These fields are null for this account, whatever the settings say. */
	nulls: readonly AccountField[];
}

/** The people that direct issuance knows, by e-mail and by DID. Their keys exist only here. */
export class Holders {
	private readonly byEmail = new Map<string, Holder>();
	private readonly byDid = new Map<string, Holder>();

	/** The holder of an account, made on first use. */
	of(user: User): Holder {
		return this.byEmail.get(user.email) ?? this.make(user);
	}

	withDid(did: string): Holder | undefined {
		return this.byDid.get(did);
	}

	all(): Holder[] {
		return [...this.byEmail.values()];
	}

	/** A new account for the same address, with a new DID and new keys. The old DID is no longer known. */
	replace(user: User): Holder {
		const before = this.byEmail.get(user.email);
		if (before !== undefined) this.byDid.delete(before.did);
		return this.make(user);
	}

	clear(): void {
		this.byEmail.clear();
		this.byDid.clear();
	}

	private make({ email, userUuid }: User): Holder {
		const encryption = generateKeyPairSync('x25519');
		const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
		const holder: Holder = {
			email,
			userId: userUuid,
			did: `did:air:id:test:${base58(44)}`,
			publicKey: encryption.publicKey.export({ type: 'spki', format: 'der' }).toString('hex'),
			privateKey: encryption.privateKey,
			signingJwk: signingJwk.parse(signing.publicKey.export({ format: 'jwk' })),
			nulls: [],
		};
		this.byEmail.set(email, holder);
		this.byDid.set(holder.did, holder);
		return holder;
	}
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(length: number): string {
	return Array.from({ length }, () => BASE58.charAt(randomInt(BASE58.length))).join('');
}
