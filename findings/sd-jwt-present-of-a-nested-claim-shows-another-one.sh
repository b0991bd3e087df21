#!/usr/bin/env bash
# @sd-jwt/sd-jwt-vc 0.19.0.
#
# A good guess: whoever presents { a: { b: true } } shows the claim b inside a, or nothing.
# Seen: in a credential that also has a claim named "a.b", the presentation shows that one, and not the
# one that was asked for. The library keeps disclosures by their path joined with dots, and the later
# of two equal paths wins. The nested claim can be shown in no way at all. A name with a dot is valid
# JSON, and the library itself has issued the credential without a word.
# It matters for a holder, whose wallet shows a verifier something else than was agreed to, and for
# issuers who let others choose the names of claims.
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
const claims = { vct: 'person', 'id.number': 'secret 4711', id: { number: 'public 1' } };
const frame = { _sd: ['id.number'], id: { _sd: ['number'] } };
const credential = await library.issue(claims, frame);
for (const shown of [{ id: { number: true } }, { 'id.number': true }]) {
	const { payload } = await library.verify(await library.present(credential, shown));
	console.log(`asked for ${JSON.stringify(shown)}: ${JSON.stringify(payload)}`);
}
JS
output=$(node run.mjs)
echo "$output"
expected='asked for {"id":{"number":true}}: {"vct":"person","id":{},"id.number":"secret 4711"}
asked for {"id.number":true}: {"vct":"person","id":{},"id.number":"secret 4711"}'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
