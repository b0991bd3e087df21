#!/usr/bin/env bash
# Node 24.21.0 (OpenSSL 3.5.8), from the npm package node.
#
# A good guess: KeyObject.equals compares two keys and has no side effects.
# Seen: after one RSA key was compared with one EC key the answer is false, as it should be, and the
# next createPrivateKey throws ERR_OSSL_EVP_DIFFERENT_KEY_TYPES for a valid PEM; the one
# after that reads the same PEM. The comparison leaves its error in OpenSSL's queue, and the
# next read of a PEM reports it as its own.
# It matters for anyone who looks for a key in a set with several types of keys, such as a JWKS.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { createPrivateKey, generateKeyPairSync } = require('node:crypto');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' });
const read = () => {
	try {
		return createPrivateKey(pem).asymmetricKeyType;
	} catch (error) {
		return error.code;
	}
};
console.log(`before: ${read()}`);
console.log(`equal: ${rsa.publicKey.equals(ec.publicKey)}`);
console.log(`next: ${read()}`);
console.log(`after that: ${read()}`);
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='before: ec
equal: false
next: ERR_OSSL_EVP_DIFFERENT_KEY_TYPES
after that: ec'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
