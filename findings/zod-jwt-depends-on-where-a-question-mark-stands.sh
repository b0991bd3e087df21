#!/usr/bin/env bash
# zod 4.6.7, jose 6.2.17 with Node 20.20 and 24.21.
#
# A good guess: z.jwt() accepts every signed JWT in compact form whose "typ" is "JWT".
# Seen: whether it does depends on a Key ID of plain ASCII, letter by letter. did:web:abc.example?v=1#k is
# refused where did:web:ab.example?v=1#k is accepted. The reason: the header is decoded with atob(), which
# reads base64 but not base64url, the form that RFC 7515 has for it. A JWT's header needs one of the two
# different characters, - and _, if a question mark, > or ~ is the third of three bytes, so for one
# place in three. Text that is not ASCII needs them at other places too. The payload is not looked at.
# It matters for anyone who checks tokens with it whose header holds a URL with a query ("kid", "jku",
# "x5u"): tests with one issuer pass, and all tokens of the next issuer are refused as no JWT.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund zod@4.6.7 jose@6.2.17
cat >run.mjs <<'JS'
import { SignJWT, generateKeyPair, jwtVerify } from 'jose';
import { z } from 'zod';
const { privateKey, publicKey } = await generateKeyPair('ES256');
for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef']) {
	const kid = `did:web:${name}.example?v=1#k`;
	const token = await new SignJWT({ sub: 'Ada?' })
		.setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
		.sign(privateKey);
	const { protectedHeader } = await jwtVerify(token, publicKey);
	const { success } = z.jwt().safeParse(token);
	console.log(`${protectedHeader.kid}: ${success ? 'accepted' : 'refused'}`);
}
JS
output=$(node run.mjs)
echo "$output"
expected='did:web:a.example?v=1#k: accepted
did:web:ab.example?v=1#k: accepted
did:web:abc.example?v=1#k: refused
did:web:abcd.example?v=1#k: accepted
did:web:abcde.example?v=1#k: accepted
did:web:abcdef.example?v=1#k: refused'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
