import {
	leakedMembers,
	readDid,
	readVcIssuer,
	type PublishedDid,
} from '../../air/direct/published';
import type { WebIssuer } from '../../air/direct/webIssuer';
import type { HttpAnswer } from '../../air/answers/answer';
import { isSamePublicKey } from '../../air/keys/samePublicKey';
import { AirError } from '../../errors/AirError';
import { UNREACHED } from './aboutAddress';
import { quoted } from './aboutCredential';
import { fail, pass, warn, type Verdict } from './Finding';
import type { Result } from './Result';
import type { SetupFacts } from './SetupFacts';

/** An AirError as a result; reading a fetched document throws nothing else. */
function attempt<T>(work: () => T): Result<T> {
	try {
		return { value: work() };
	} catch (error) {
		if (error instanceof AirError) return { error };
		throw error;
	}
}

/** Why a document is not available, as words that follow its name. */
export const reasonOf = (error: AirError): string =>
	error.facts.detail ?? UNREACHED[error.code] ?? error.message;

const unreadable = (issuer: WebIssuer, error: AirError) =>
	new AirError('AIR_ISSUER_DOCUMENT_UNREADABLE', {
		detail: `did.json at ${issuer.didDocumentUrl}: ${reasonOf(error)}`,
	});

interface Fetched {
	readonly issuer: WebIssuer;
	readonly answer: HttpAnswer;
}

/** The answer with did.json; undefined if there is none to judge. */
function fetched({ direct }: SetupFacts): Fetched | undefined {
	const issuer = direct?.issuer.value;
	const answer = direct?.published?.did.value;
	return issuer === undefined || answer === undefined ? undefined : { issuer, answer };
}

/** The parsed did.json. */
interface Read {
	readonly issuer: WebIssuer;
	readonly did: PublishedDid;
}

export function readOf(facts: SetupFacts): Read | undefined {
	const got = fetched(facts);
	const did = got && attempt(() => readDid(got.answer)).value;
	return got === undefined || did === undefined ? undefined : { issuer: got.issuer, did };
}

export function didReachable({ direct }: SetupFacts): Verdict | undefined {
	const issuer = direct?.issuer.value;
	const published = direct?.published;
	if (issuer === undefined || published === undefined) return undefined;
	const { location, did } = published;
	const isPrivate = new AirError('AIR_DID_PRIVATE', { detail: new URL(issuer.url).hostname });
	if (location === 'private') return fail(isPrivate);
	if (did.error !== undefined) return fail(unreadable(issuer, did.error));
	return location === 'private, but allowed'
		? warn(isPrivate)
		: pass(`did.json answers at ${issuer.didDocumentUrl}`);
}

const CONTENT_TYPE = 'application/did+ld+json';
/** Resolvers are known to accept these types, too. */
const OTHER_TYPES = ['application/json', 'application/did+json', 'application/ld+json'];

export function didContentType(facts: SetupFacts): Verdict | undefined {
	const header = fetched(facts)?.answer.headers;
	if (header === undefined) return undefined;
	const [type = ''] = (header['content-type'] ?? '').toLowerCase().split(';');
	if (type.trim() === CONTENT_TYPE) return pass(`did.json is served as ${CONTENT_TYPE}`);
	const detail = type.trim() === '' ? 'it has none' : quoted(type.trim());
	const error = new AirError('AIR_DID_CONTENT_TYPE', { detail });
	return OTHER_TYPES.includes(type.trim()) ? warn(error) : fail(error);
}

export function didId(facts: SetupFacts): Verdict | undefined {
	const got = fetched(facts);
	if (got === undefined) return undefined;
	const { issuer, answer } = got;
	const did = attempt(() => readDid(answer));
	if (did.error !== undefined) return fail(unreadable(issuer, did.error));
	const { id } = did.value;
	return id === issuer.did
		? pass(`did.json is the document of ${issuer.did}`)
		: fail(new AirError('AIR_DID_OTHER', { detail: `it says ${quoted(id)}` }));
}

export function noPrivateMembers({ direct }: SetupFacts): Verdict | undefined {
	const published = direct?.published;
	const answers = { 'did.json': published?.did, 'jwt-vc-issuer': published?.vcIssuer };
	const found = Object.entries(answers).flatMap(([name, result]) => {
		const answer = result?.value;
		const members = answer && attempt(() => leakedMembers(answer)).value;
		return members === undefined ? [] : [{ name, members }];
	});
	if (found.length === 0) return undefined;
	const leaking = found.find(({ members }) => members.length > 0);
	if (leaking === undefined) return pass('The documents of the issuer publish nothing private');
	const detail = `${leaking.name} has the members ${leaking.members.join(', ')}`;
	return fail(new AirError('AIR_DID_LEAKS', { detail }));
}

/** Why a verifier does not find a key under its DID URL; undefined if it does. */
function missing({ issuer, did }: Read, kid: string, key: object): string | undefined {
	const id = `${issuer.did}#${kid}`;
	const entry = did.verificationMethod.find((method) => method.id === id);
	if (entry === undefined) return `it has no entry with the id ${quoted(id)}`;
	const jwk = entry.publicKeyJwk;
	if (jwk === undefined) return `the entry ${quoted(id)} has no publicKeyJwk`;
	if (!isSamePublicKey(key, jwk)) return `the entry ${quoted(id)} is another key`;
	const listed = did.assertionMethod.some((one) => one === id);
	return listed ? undefined : `${quoted(id)} is not listed under assertionMethod`;
}

export function keyInDid(facts: SetupFacts): Verdict | undefined {
	const { key, kid } = facts;
	const found = readOf(facts);
	if (found === undefined || key?.value === undefined || kid === undefined) return undefined;
	const detail = missing(found, kid, key.value.publicJwk);
	return detail === undefined
		? pass('Verifiers find the key of the credential in did.json')
		: fail(new AirError('AIR_DID_KEY_MISSING', { detail }));
}

export function furtherKeysInDid(facts: SetupFacts): Verdict | undefined {
	const found = readOf(facts);
	const further = facts.furtherKeys?.value ?? [];
	if (found === undefined || further.length === 0) return undefined;
	const [detail] = further.flatMap((jwk) => missing(found, jwk.kid, jwk) ?? []);
	return detail === undefined
		? pass('did.json has every key of Further Public Keys')
		: warn(new AirError('AIR_DID_FURTHER_KEY_MISSING', { detail }));
}

/** What is wrong with jwt-vc-issuer; undefined if nothing is. */
function disagreement(
	{ key, kid }: SetupFacts,
	issuer: WebIssuer,
	result: Result<HttpAnswer>,
): string | undefined {
	const { value: answer, error } = result;
	if (answer === undefined) return `${issuer.vcIssuerUrl}: ${reasonOf(error)}`;
	const document = attempt(() => readVcIssuer(answer));
	if (document.error !== undefined) return document.error.facts.detail;
	const { issuer: named, jwks } = document.value;
	if (named !== issuer.url) return `it says ${quoted(named)}, and not ${issuer.url}`;
	const own = key?.value?.publicJwk;
	if (own === undefined || kid === undefined) return undefined;
	const isThere = jwks.keys.some((jwk) => jwk.kid === kid && isSamePublicKey(own, jwk));
	return isThere ? undefined : `it does not have the key of the credential as ${quoted(kid)}`;
}

/** Credentials that name the issuer by its DID do not need it: then it is a warning. */
export function vcIssuer(facts: SetupFacts): Verdict | undefined {
	const { direct } = facts;
	const issuer = direct?.issuer.value;
	const result = direct?.published?.vcIssuer;
	if (issuer === undefined || result === undefined) return undefined;
	const detail = disagreement(facts, issuer, result);
	if (detail === undefined) return pass('jwt-vc-issuer agrees with the credential');
	const error = new AirError('AIR_VC_ISSUER_DISAGREES', { detail });
	return direct?.issuerAs === 'url' ? fail(error) : warn(error);
}
