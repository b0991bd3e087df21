import { z } from 'zod';
import { fetchText } from '../fetchText';
import { jwkSchema, PRIVATE_MEMBERS, type Jwk } from '../jwks';

const methodSchema = z.object({
	id: z.string(),
	type: z.literal('JsonWebKey2020'),
	controller: z.string(),
	publicKeyJwk: jwkSchema,
});
const documentSchema = z.object({
	'@context': z.array(z.string()),
	id: z.string(),
	verificationMethod: z.array(methodSchema),
	assertionMethod: z.array(z.string()),
});
const metadataSchema = z.object({
	issuer: z.string(),
	jwks: z.object({ keys: z.array(jwkSchema) }),
});

const CONTEXTS = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'];
const DID_TYPES = ['application/did+ld+json', 'application/did+json', 'application/json'];

/** Fetches documents of issuers; the emulator counts, delays and breaks these fetches. */
export type FetchDocument = (url: string, contentTypes: readonly string[]) => Promise<string>;

/**
 * The public key that an issuer publishes under a `kid`, fetched over HTTPS: from the DID document for a
 * `did:web`, or else from `/.well-known/jwt-vc-issuer`. A kid is a DID URL or, as in older credentials,
 * bare.
 *
 * @throws Error that says what is wrong with the document
 */
export async function issuerKey(iss: string, kid: string, fetched: FetchDocument): Promise<Jwk> {
	const jwk = iss.startsWith('did:')
		? await keyOfDid(iss, kid, fetched)
		: await keyOfOrigin(iss, kid, fetched);
	if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) {
		throw new Error('the published key has private members');
	}
	return jwk;
}

async function keyOfDid(did: string, kid: string, fetched: FetchDocument): Promise<Jwk> {
	const text = await fetched(didDocumentUrl(did), DID_TYPES);
	const document = parse(documentSchema, text, 'did.json');
	if (document.id !== did) throw new Error('the id of did.json is another DID');
	if (!CONTEXTS.every((context) => document['@context'].includes(context))) {
		throw new Error('@context of did.json lacks did/v1 or jws-2020/v1');
	}
	const id = kid.startsWith('did:') ? kid : `${did}#${kid}`;
	const method = document.verificationMethod.find((one) => one.id === id);
	if (method === undefined) throw new Error('did.json has no key with this kid');
	if (method.controller !== did) throw new Error('the controller of the key is another DID');
	if (!document.assertionMethod.includes(id)) throw new Error('the key is not an assertionMethod');
	return method.publicKeyJwk;
}

async function keyOfOrigin(iss: string, kid: string, fetched: FetchDocument): Promise<Jwk> {
	const { protocol, origin, pathname } = new URL(iss);
	if (protocol !== 'https:') throw new Error('iss is neither a did:web nor an HTTPS URL');
	const path = pathname === '/' ? '' : pathname;
	const text = await fetched(`${origin}/.well-known/jwt-vc-issuer${path}`, ['application/json']);
	const { issuer, jwks } = parse(metadataSchema, text, 'jwt-vc-issuer');
	if (issuer !== iss) throw new Error('the issuer of jwt-vc-issuer is another one');
	const jwk = jwks.keys.find((one) => one.kid === kid);
	if (jwk === undefined) throw new Error('jwt-vc-issuer has no key with this kid');
	return jwk;
}

/** The address of a `did:web`: `%3A` is the colon of a port, each further colon a slash. */
export function didDocumentUrl(did: string): string {
	const found = /^did:web:([a-z0-9.-]+(?:%3A\d+)?)((?::[A-Za-z0-9._-]+)*)$/.exec(did);
	const [, host = '', path = ''] = found ?? [];
	const segments = path.split(':').slice(1);
	if (found === null || segments.some((segment) => segment === '.' || segment === '..')) {
		throw new Error('iss is not a did:web that can be resolved');
	}
	const folder = segments.length === 0 ? '/.well-known' : `/${segments.join('/')}`;
	return `https://${host.replace('%3A', ':')}${folder}/did.json`;
}

function parse<Schema extends z.ZodType>(
	schema: Schema,
	text: string,
	name: string,
): z.output<Schema> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new Error(`${name} is not JSON`);
	}
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
	throw new Error(`${name} has not the documented form: ${where}`);
}

/** Fetches each document once, for as long as one look into a wallet takes. */
export function onceEach(
	ca: string | undefined,
	before: () => Promise<void>,
	counts: () => { didFetches: number; didFetchFailures: number },
): FetchDocument {
	const pending = new Map<string, Promise<string>>();
	const fetchNow = async (url: string, contentTypes: readonly string[]): Promise<string> => {
		counts().didFetches += 1;
		try {
			await before();
			return await fetchText(url, { ca, contentTypes });
		} catch (error) {
			counts().didFetchFailures += 1;
			throw new Error(`${url}: ${error instanceof Error ? error.message : String(error)}`, {
				cause: error,
			});
		}
	};
	return (url, contentTypes) => {
		const known = pending.get(url) ?? fetchNow(url, contentTypes);
		pending.set(url, known);
		return known;
	};
}
