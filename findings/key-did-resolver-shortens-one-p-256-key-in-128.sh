#!/usr/bin/env bash
# key-did-resolver 4.0.0, jose 6.2.17, multiformats 13.4.1 with Node 20.20 and 24.21.
#
# A good guess: the publicKeyJwk of a resolved did:key is the key's JWK, coordinate for coordinate.
# Seen: if a coordinate begins with a zero byte, the byte is missing: "x" has 31 bytes. RFC 7518
# demands the full size (6.2.1.2). Node, OpenSSL and jose read such a JWK as the same key, so
# signatures are verified and nobody notices, but its thumbprint (RFC 7638) is another. It happens to
# one P-256 key in 128 and to three P-521 keys in four, whose first byte is 0 or 1. The reason: the
# coordinates are written as numbers of variable length.
# It matters for anyone who compares thumbprints, or uses one as a Key ID or in "cnf": tests pass,
# and then one issuer or holder in 128 is never recognized.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
	key-did-resolver@4.0.0 jose@6.2.17 multiformats@13.4.1
cat >run.mjs <<'JS'
import { createECDH, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { getResolver } from 'key-did-resolver';
import { base58btc } from 'multiformats/bases/base58';
const curves = [
	{ crv: 'P-256', name: 'prime256v1', code: [0x80, 0x24], size: 32 },
	{ crv: 'P-521', name: 'secp521r1', code: [0x82, 0x24], size: 66 },
];
async function resolve(code, compressed) {
	const id = base58btc.encode(Uint8Array.from([...code, ...compressed]));
	const { didDocument } = await getResolver().key(`did:key:${id}`, { id }, null, {});
	return didDocument.verificationMethod[0].publicKeyJwk;
}
for (const { crv, name, code, size } of curves) {
	for (const zero of [false, true]) {
		const pair = createECDH(name);
		let x, y;
		do {
			const point = pair.generateKeys();
			x = point.subarray(1, 1 + size);
			y = point.subarray(1 + size);
		} while ((x[0] === 0) !== zero || x[1] === 0 || y[0] === 0);
		const jwk = { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
		const resolved = await resolve(code, pair.getPublicKey(null, 'compressed'));
		const spki = createPublicKey({ key: resolved, format: 'jwk' }).export({ type: 'spki', format: 'der' });
		const same = spki.subarray(-2 * size).equals(Buffer.concat([x, y]));
		const sameThumbprint =
			(await calculateJwkThumbprint(resolved)) === (await calculateJwkThumbprint(jwk));
		const { length } = Buffer.from(resolved.x, 'base64url');
		console.log(`${crv}, x begins with ${zero ? 'a zero byte' : 'another byte'}:`);
		console.log(`  ${length} bytes, same key: ${same}, same thumbprint: ${sameThumbprint}`);
	}
}
JS
output=$(node run.mjs)
echo "$output"
expected='P-256, x begins with another byte:
  32 bytes, same key: true, same thumbprint: true
P-256, x begins with a zero byte:
  31 bytes, same key: true, same thumbprint: false
P-521, x begins with another byte:
  66 bytes, same key: true, same thumbprint: true
P-521, x begins with a zero byte:
  65 bytes, same key: true, same thumbprint: false'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
