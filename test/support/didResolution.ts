import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Resolver, type DIDDocument, type DIDResolutionResult } from 'did-resolver';
import type { Browser } from 'playwright-core';
import { getResolver } from 'web-did-resolver';
import { checkout } from '../../harness/paths';
import { sdJwtVerifiers } from './sdJwtVerifiers';

/** Finds an issuer's key as third-party verifiers do: `did-resolver` with `web-did-resolver`, over HTTPS. */

function documentOf({ didDocument, didResolutionMetadata }: DIDResolutionResult): DIDDocument {
	const { error, message } = didResolutionMetadata;
	if (error !== undefined) throw new Error(`${error}: ${String(message)}`);
	if (didDocument === null) throw new Error('no document');
	return didDocument;
}

/**
 * Resolves a DID in this process, which must trust the certificate (see `trusting`).
 *
 * @throws Error with the resolver's words
 */
export async function resolveDid(did: string): Promise<DIDDocument> {
	return documentOf(await new Resolver(getResolver()).resolve(did));
}

/**
 * Verifies a credential against the documents that its issuer publishes now, with each third-party verifier.
 *
 * @returns its claims, everything disclosed
 * @throws Error if it is not valid, or its key is not published as one that may sign credentials
 */
export async function verifyByDid(credential: string): Promise<Record<string, unknown>> {
	const jwt = credential.split('~')[0] ?? '';
	const { iss = '' } = decodeJwt(jwt);
	const { kid } = decodeProtectedHeader(jwt);
	const { verificationMethod = [], assertionMethod = [] } = await resolveDid(iss);
	const method = verificationMethod.find(({ id }) => id === kid);
	if (method?.publicKeyJwk === undefined || !assertionMethod.includes(method.id)) {
		throw new Error('its key is not published');
	}
	const key = createPublicKey({ key: { ...method.publicKeyJwk }, format: 'jwk' });
	const claims = Object.values(sdJwtVerifiers).map(async (verify) => {
		if (verify === undefined) throw new Error('a verifier is not installed');
		return await verify(credential, key);
	});
	const [first, ...others] = await Promise.all(claims);
	if (first === undefined) throw new Error('there is no verifier');
	for (const other of others) expect(other).toMatchObject({ iss: first.iss, sub: first.sub });
	return first;
}

/** For a page without a bundler. */
const script = (name: string) =>
	readFileSync(join(checkout, 'node_modules', name, 'lib', 'resolver.umd.js'), 'utf8');

/**
 * Resolves a DID in a page of another origin, as a verifier that runs in a browser does.
 *
 * @throws Error with the resolver's words; of an answer that a page may not read, `Failed to fetch`
 */
export async function resolveInBrowser(browser: Browser, did: string): Promise<DIDDocument> {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'text/html' }).end('<title>A verifier</title>');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	// The certificate was made by the test; what is looked at here is what a page may read.
	const context = await browser.newContext({ ignoreHTTPSErrors: true });
	try {
		const page = await context.newPage();
		await page.goto(`http://127.0.0.1:${address.port}/`);
		await page.evaluate('globalThis.crossFetch = (url, init) => fetch(url, init)');
		for (const name of ['did-resolver', 'web-did-resolver']) {
			await page.addScriptTag({ content: script(name) });
		}
		const result: DIDResolutionResult = await page.evaluate(
			`new didResolver.Resolver(webDidResolver.getResolver()).resolve(${JSON.stringify(did)})`,
		);
		return documentOf(result);
	} finally {
		await context.close();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
}
