#!/usr/bin/env bash
# @sd-jwt/sd-jwt-vc 0.19.0.
#
# A good guess: a claim that a library signs as disclosable, and verifies with all disclosures, is
# among the claims that it returns.
# Seen: a claim with an empty name, which is valid in JSON, is not. The library issues it,
# its digest and disclosure are present, the signature is valid, but the claim is silently missing;
# nor is it among the names that can be presented. If it is not disclosable, it is returned.
# It matters for anyone who makes claims from the columns of a file: an empty header cell is
# common, since spreadsheets and data tools write a first column of row numbers without a header.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @sd-jwt/sd-jwt-vc@0.19.0
cat >run.mjs <<'JS'
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const raw = (key) => ({ key, dsaEncoding: 'ieee-p1363' });
const library = new SDJwtVcInstance({
	hasher: (text) => new Uint8Array(createHash('sha256').update(text).digest()),
	hashAlg: 'sha-256',
	saltGenerator: (size) => randomBytes(size).toString('base64url'),
	signAlg: 'ES256',
	signer: (data) => sign('sha256', Buffer.from(data), raw(privateKey)).toString('base64url'),
	verifier: (data, signature) =>
		verify('sha256', Buffer.from(data), raw(publicKey), Buffer.from(signature, 'base64url')),
});
const claims = { vct: 'row', '': '17', name: 'Ada' };
for (const _sd of [[], ['', 'name']]) {
	const credential = await library.issue(claims, { _sd });
	const disclosures = credential.split('~').slice(1, -1);
	const { payload } = await library.verify(credential);
	const names = Object.keys(payload).filter((name) => !name.startsWith('_sd'));
	console.log(`${disclosures.length} disclosures: ${JSON.stringify(names.sort())}`);
}
JS
output=$(node run.mjs)
echo "$output"
expected='0 disclosures: ["","name","vct"]
2 disclosures: ["name","vct"]'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
