import { spawn } from 'node:child_process';
import {
	createHash,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readBinding, readHolderKey, type HolderKey } from '../../../../air/direct/holderKeys';
import type { Randomness } from '../../../../air/direct/randomness';
import type { Envelope } from '../../../../air/direct/seal';
import { importPrivateKey, type PrivateKey } from '../../../../air/keys/privateKey';
import { ecKey, rsaKey } from '../support';

/** Bytes that are the same in every run. */
export function fixedRandomness(seed = 'seed'): Randomness {
	let counter = 0;
	const bytes = (size: number): Buffer => {
		const block = () => createHash('sha256').update(`${seed} ${counter++}`).digest();
		const blocks = Array.from({ length: Math.ceil(size / 32) }, block);
		return Buffer.concat(blocks).subarray(0, size);
	};
	return { bytes, keyPair: () => x25519(bytes(32)) };
}

export function x25519(secret: Buffer): { publicKey: KeyObject; privateKey: KeyObject } {
	const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret]);
	const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
	return { privateKey, publicKey: createPublicKey(privateKey) };
}

export interface Holder {
	readonly key: HolderKey;
	/** PKCS#8 (DER) in Base64. */
	readonly privateKey: string;
	readonly binding: ReturnType<typeof readBinding>;
}

export function makeHolder(): Holder {
	const { publicKey, privateKey } = generateKeyPairSync('x25519');
	const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	return {
		key: readHolderKey(publicKey.export({ format: 'der', type: 'spki' }).toString('hex')),
		privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
		binding: readBinding(signing.publicKey.export({ format: 'jwk' })),
	};
}

export async function issuerKey(algorithm: 'ES256' | 'RS256'): Promise<PrivateKey> {
	const key = algorithm === 'ES256' ? ecKey() : rsaKey();
	return await importPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** What test/support/holder.ts finds in an envelope. */
export interface Opened {
	readonly refused?: string;
	readonly credential?: string;
	readonly header?: Record<string, unknown>;
	readonly payload?: Record<string, unknown>;
	readonly claims?: Record<string, unknown>;
	readonly hidden?: string[];
}

/** Lets the holder open envelopes, in a process of its own. */
export async function openAll(
	{ privateKey }: Pick<Holder, 'privateKey'>,
	envelopes: readonly Envelope[],
	keys: Readonly<Record<string, object>> = {},
): Promise<Opened[]> {
	const root = join(__dirname, '../../../..');
	const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/holder.ts'], {
		cwd: root,
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	child.stdin.end(JSON.stringify({ privateKey, keys, envelopes }));
	const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
	return JSON.parse(output) as Opened[];
}
