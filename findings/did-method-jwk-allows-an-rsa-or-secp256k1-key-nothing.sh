#!/usr/bin/env bash
# @digitalbazaar/did-method-jwk 2.0.0 with Node 20.20 and 24.21.
#
# A good guess: the document of a did:jwk without "use" names its key for every purpose, whatever the
# key's type. The method's specification leaves purposes out only for a "use" of "sig" or "enc".
# Seen: for an RSA, secp256k1 or Ed448 key, the document has the key but names it for no purpose, so
# nothing that it has signed can be verified by way of "authentication" or "assertionMethod". For
# P-256, keyAgreement is missing. Nothing is reported. The reason: without "use", the library
# looks one up by "crv" in a table. RSA keys have no "crv", Ed448 and X448 are not in it, and secp256k1
# is there under a name from before RFC 8812, P-256K.
# It matters for anyone who resolves the did:jwk of a holder or issuer whose keys are of those types:
# another resolver accepts what this one does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @digitalbazaar/did-method-jwk@2.0.0
cat >run.mjs <<'JS'
import { generateKeyPairSync } from 'node:crypto';
import { driver } from '@digitalbazaar/did-method-jwk';
const kinds = {
	'P-256': ['ec', { namedCurve: 'P-256' }],
	Ed25519: ['ed25519'],
	RSA: ['rsa', { modulusLength: 2048 }],
	secp256k1: ['ec', { namedCurve: 'secp256k1' }],
	Ed448: ['ed448'],
};
for (const use of [undefined, 'sig']) {
	for (const [name, [type, parameters]] of Object.entries(kinds)) {
		const publicKeyEncoding = { format: 'jwk' };
		const { publicKey } = generateKeyPairSync(type, { ...parameters, publicKeyEncoding });
		const jwk = { ...publicKey, use };
		const did = `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`;
		const document = await driver().get({ did });
		const purposes = Object.keys(document).filter((key) =>
			['authentication', 'assertionMethod', 'keyAgreement'].includes(key),
		);
		const keys = document.verificationMethod.length;
		console.log(`${name}, use ${use}: ${keys} key, ${purposes.sort().join(' ') || 'no purpose'}`);
	}
}
JS
output=$(node run.mjs)
echo "$output"
expected='P-256, use undefined: 1 key, assertionMethod authentication
Ed25519, use undefined: 1 key, assertionMethod authentication
RSA, use undefined: 1 key, no purpose
secp256k1, use undefined: 1 key, no purpose
Ed448, use undefined: 1 key, no purpose
P-256, use sig: 1 key, assertionMethod authentication
Ed25519, use sig: 1 key, assertionMethod authentication
RSA, use sig: 1 key, assertionMethod authentication
secp256k1, use sig: 1 key, assertionMethod authentication
Ed448, use sig: 1 key, assertionMethod authentication'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
