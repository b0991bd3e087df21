import { AirError } from '../../errors/AirError';
import { assertResolvesAllowed, targetPolicy } from '../../air/http/targetGuard';
import type { Location } from './SetupFacts';

/** Checked with an empty policy and over https, so that only the address can be refused. */
const STRICT = targetPolicy({});

async function refusal(url: URL, policy: typeof STRICT): Promise<AirError | undefined> {
	try {
		await assertResolvesAllowed(url, policy);
		return undefined;
	} catch (error) {
		if (error instanceof AirError) return error;
		throw error;
	}
}

/**
 * Whether an address is on the public internet, as seen from here.
 *
 * @param env - the operator's policy; `process.env` unless a test says otherwise
 */
export async function locate(url: URL, env: NodeJS.ProcessEnv = process.env): Promise<Location> {
	const secure = new URL(url);
	secure.protocol = 'https:';
	const refused = await refusal(secure, STRICT);
	if (refused === undefined) return 'public';
	if (refused.code !== 'AIR_TARGET_PRIVATE') return 'unknown';
	const allowed = (await refusal(secure, targetPolicy(env))) === undefined;
	return allowed ? 'private, but allowed' : 'private';
}
