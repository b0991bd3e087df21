import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { AirClient } from '../../air/AirClient';
import { readBody, type HttpAnswer } from '../../air/answers/answer';
import { directError } from '../../air/direct/directError';
import type { DirectClient } from '../../air/direct/DirectClient';
import { importPrivateKey, type PrivateKey } from '../../air/keys/privateKey';
import type { RepeatLimits } from '../../air/pacing/repeat';
import { asking } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';

const PROOF_TIMEOUT_MS = 10_000;
/** Reserved by RFC 2606: no account can be created for it, and nothing is issued. */
const NOBODY = 'setup-check@example.invalid';
/** No issuance has this hash, so with a good setup AIR answers its own "no such hash". */
const UNKNOWN_HASH = '0'.repeat(64);

export interface Proof {
	/** How often AIR is asked if it does not answer. */
	readonly repeat: RepeatLimits;
	readonly signal?: AbortSignal | undefined;
	/** Called with the Date of each answer, whatever it says. */
	readonly onDate?: (date: string | undefined) => void;
}

/** Asks AIR whether it accepts a key. @throws AirError what it answered instead of yes */
export type Prove = (proof: Proof) => Promise<void>;

/**
 * Asks AIR whether it accepts tokens of this client's key. Only this and {@link proveDirectly} define
 * what proves a key. It asks about a hash that does not exist, for an address that cannot exist. So
 * nothing is issued, and a stranger's question reveals nothing to AIR or to the stranger.
 *
 * @throws AirError what AIR answered instead of yes, or why it could not be asked
 * @example
 * ```ts
 * await proveKey(client, { repeat: NO_REPEAT }); // throws AIR_UNAUTHORIZED for a stranger
 * ```
 */
export async function proveKey(
	client: AirClient,
	{ repeat, signal, onDate }: Proof,
): Promise<void> {
	try {
		await client.getStatus(NOBODY, UNKNOWN_HASH, {
			signal,
			timeoutMs: PROOF_TIMEOUT_MS,
			repeat,
			onAnswer: ({ headers }) => onDate?.(headers.date),
		});
	} catch (error) {
		if (error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND') return;
		throw error;
	}
}

/** Words in an answer to an empty body that show that the token was good and only the body was not. */
const TAKEN: ReadonlySet<number> = new Set([400, 403, 404, 409, 422]);

const generate = promisify(generateKeyPair);

/** A new key of the same type, which AIR cannot know. */
async function strangersKey({ algorithm }: PrivateKey): Promise<PrivateKey> {
	const { privateKey } =
		algorithm === 'ES256'
			? await generate('ec', { namedCurve: 'P-256' })
			: await generate('rsa', { modulusLength: 2048 });
	return await importPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/**
 * The same for direct issuance, for which AIR documents no status. Posts an empty body to the store
 * twice, with a token of this key and with a token of a new key: this key is proven if AIR refuses the
 * second token as not authenticated, and the first request for another reason. AIR does not document
 * its answer to an empty body, so one answer alone proves nothing. Nothing is stored, and no account is
 * made.
 *
 * If AIR does not distinguish the two, the question of Issue on Behalf is asked.
 *
 * @param onBehalf - with the same key
 * @throws AirError what AIR answered instead of yes, why it could not be asked, `AIR_KEY_NOT_PROVEN`
 * @example
 * ```ts
 * await proveDirectly(directClient, client, { repeat: NO_REPEAT });
 * ```
 */
export async function proveDirectly(
	client: DirectClient,
	onBehalf: AirClient,
	proof: Proof,
): Promise<void> {
	const own = await storeNothing(client, proof);
	const stranger = await strangersKey(client.identity.key);
	const other = await storeNothing(client, proof, stranger).catch((error: unknown) => {
		if (error instanceof AirError && error.httpStatus === 401) return error.httpStatus;
		throw error;
	});
	if (TAKEN.has(own) && other === 401) return;
	try {
		await proveKey(onBehalf, proof);
	} catch (error) {
		if (!(error instanceof AirError) || error.code === 'AIR_CANCELLED') throw error;
		throw error.httpStatus === 401 ? error : new AirError('AIR_KEY_NOT_PROVEN');
	}
}

/** @returns the status of the answer @throws AirError if AIR refuses the token, or gives no answer */
async function storeNothing(
	client: DirectClient,
	{ repeat, signal, onDate }: Proof,
	key?: PrivateKey,
): Promise<number> {
	const { baseUrl } = client.identity;
	return await asking(baseUrl, { repeat, signal }, async (permit) => {
		const onAnswer = ({ headers }: HttpAnswer) => onDate?.(headers.date);
		const answer = await client.storeNothing(
			{ permit, signal, timeoutMs: PROOF_TIMEOUT_MS, onAnswer },
			key,
		);
		if (TAKEN.has(answer.status)) return answer.status;
		const body = readBody(answer.text);
		throw directError(answer, body, { operation: 'store', now: Date.now() });
	});
}
