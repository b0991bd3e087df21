import { ofReading } from '../../errors/AirError';
import { withoutSecrets } from '../../errors/secrets';
import type { AirBody, HttpAnswer } from '../answers/answer';
import {
	asking,
	exchange,
	readReceived,
	type CallOptions,
	type RequestOptions,
} from '../AirClient';
import type { PrivateKey } from '../keys/privateKey';
import { PartnerJwtCache } from '../tokens/PartnerJwtCache';
import { ACCOUNT_PATH, accountRequest, readAccount, type AirAccount } from './account';
import { directError, type DirectOperation } from './directError';
import { HolderCache, type HolderId } from './HolderCache';
import { readStored, STORE_PATH, type StoredAnswer } from './store';

/** Who issues directly, and where AIR is: one credential. */
export interface DirectIdentity {
	/** From `resolveBaseUrl`: where sealed credentials are stored. */
	readonly baseUrl: string;
	/** From `resolveAccountUrl`: where accounts are looked up. */
	readonly accountUrl: string;
	readonly partnerId: string;
	readonly kid: string;
	readonly key: PrivateKey;
	/** The claim `scope`: AIR's documents name `issue`. */
	readonly scope: string;
}

/** Shorter than for Issue on Behalf: the token for the store names nobody, so it would serve for anybody. */
const TOKEN_LIFETIME_SECONDS = 120;

/** One of each for the process: entries are distinguished by key and address. */
const tokens = new PartnerJwtCache();
const holders = new HolderCache();

/**
 * The part of the AIR API that direct issuance needs: one call to each of two hosts, each with its own
 * limiter.
 *
 * @example
 * ```ts
 * const client = new DirectClient(identity);
 * const account = await client.account('ada@example.com');
 * const { storagePath } = await client.store(storeBody({ holderDid: account.did, … }));
 * ```
 */
export class DirectClient {
	constructor(readonly identity: DirectIdentity) {}

	/**
	 * The account of a person, from the cache for some minutes: `POST /v2/auth/initialize-user`. AIR
	 * makes an account for an address that has none, so check everything that could be refused before
	 * this call. Nothing is issued, so it is repeated like a question.
	 *
	 * @param email - goes into the signed token only
	 * @param options - those of the first call apply to all callers that wait for the same account
	 * @throws AirError `AIR_ACCOUNT_…`, `AIR_HOLDER_…` and those of the transport; never of kind
	 * `outcome-unknown`
	 */
	async account(email: string, options: CallOptions = {}): Promise<AirAccount> {
		const { accountUrl } = this.identity;
		return await holders.get(this.holderId(email), options.signal, async (signal) => {
			const asked = { ...options, signal };
			return await asking(accountUrl, asked, async (permit) => {
				return await this.ask(email, { ...asked, permit });
			});
		});
	}

	/** Call it after `AIR_STORE_HOLDER_UNKNOWN`, which says that the address has another account now. */
	forgetAccount(email: string): void {
		holders.forget(this.holderId(email));
	}

	/**
	 * Stores a sealed credential once: `POST /dstorage/vcs`. `repeating` decides whether it may be sent
	 * again; if so, the very same bytes are sent.
	 *
	 * @param body - from `storeBody`
	 * @throws AirError; of kind `outcome-unknown` when AIR may or may not have stored it
	 */
	async store(body: string, options: RequestOptions = {}): Promise<StoredAnswer> {
		const { baseUrl } = this.identity;
		const signed = async () => {
			const token = await this.token(baseUrl);
			return { token, headers: { 'x-partner-auth': token }, body };
		};
		const received = await exchange({ baseUrl, path: STORE_PATH, signed }, options);
		return readReceived(received, readStored, errorOf('store'));
	}

	/**
	 * Posts an empty body to the store: it names no person and holds no credential, so nothing can be
	 * stored. Never repeated.
	 *
	 * @param key - signs instead of the identity's own key, to see whether AIR distinguishes the two
	 * @returns the answer, whatever its status
	 * @throws AirError when there is none
	 */
	async storeNothing(options: RequestOptions = {}, key?: PrivateKey): Promise<HttpAnswer> {
		const { baseUrl } = this.identity;
		const signed = async () => {
			const token = await this.token(baseUrl, undefined, key);
			return { token, headers: { 'x-partner-auth': token }, body: '{}' };
		};
		try {
			const { answer, secrets } = await exchange({ baseUrl, path: STORE_PATH, signed }, options);
			return { ...answer, text: withoutSecrets(answer.text, secrets) };
		} catch (error) {
			throw ofReading(error);
		}
	}

	private async ask(email: string, options: RequestOptions): Promise<AirAccount> {
		const { accountUrl: baseUrl, partnerId } = this.identity;
		const signed = async () => {
			const token = await this.token(baseUrl, email);
			return { token, ...accountRequest(partnerId, token) };
		};
		const received = await exchange({ baseUrl, path: ACCOUNT_PATH, signed }, options);
		return readReceived(received, readAccount, errorOf('account'));
	}

	private holderId(email: string): HolderId {
		const { accountUrl, partnerId, scope, key } = this.identity;
		return { accountUrl, partnerId, scope, thumbprint: key.thumbprint, email };
	}

	/** A token without an address stays private to this class and is sent to the store only. */
	private async token(url: string, email?: string, other?: PrivateKey): Promise<string> {
		const { key, partnerId, kid, scope } = this.identity;
		const claims = { partnerId, kid, scope, email, lifetimeSeconds: TOKEN_LIFETIME_SECONDS };
		return await tokens.get(other ?? key, url, claims, Date.now());
	}
}

const errorOf = (operation: DirectOperation) => (answer: HttpAnswer, body: AirBody) =>
	directError(answer, body, { operation, now: Date.now() });
