#!/usr/bin/env bash
# @openid4vc/openid4vci 0.4.6 with Node 20.20 and 24.21.
#
# A good guess: the offer that a wallet reads from a URL is the one that the issuer wrote into it.
# Seen: with an offer by value, what looks like percent-encoding inside its JSON is decoded as well. The
# library writes a%2Fb and itself reads a/b: in the pre-authorized code, which is opaque text, and in the
# URL of the issuer, for which a%2Fb and a/b are different paths (OpenID4VCI 1.0, 4.1.2, has the
# parameter encoded once). A lone percent sign, such as in a description that says "50% off", cannot be
# decoded, and the offer is refused as if it were not JSON. An offer by reference is read as it is. The
# reason: the query is parsed with URLSearchParams, which decodes, and then decodeURIComponent is called.
# It matters for anyone who issues codes or states that may hold a percent sign, or has one issuer URL
# per tenant with the tenant's name encoded: the code is not found, or another issuer is asked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @openid4vc/openid4vci@0.4.6
cat >run.mjs <<'JS'
import { Openid4vciClient, Openid4vciIssuer } from '@openid4vc/openid4vci';
const type = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
const issuer = new Openid4vciIssuer({ callbacks: {} });
async function both(code, path, reference) {
	let stored;
	const fetch = async () => Response.json(stored);
	const client = new Openid4vciClient({ callbacks: { fetch } });
	const { credentialOffer, credentialOfferObject } = await issuer.createCredentialOffer({
		issuerMetadata: {
			credentialIssuer: {
				credential_issuer: `https://issuer.example/${path}`,
				credential_configurations_supported: { badge: {} },
			},
		},
		credentialConfigurationIds: ['badge'],
		grants: { [type]: { 'pre-authorized_code': code } },
		...(reference && { credentialOfferUri: 'https://issuer.example/offer' }),
	});
	stored = credentialOfferObject;
	const text = (offer) =>
		`${offer.grants[type]['pre-authorized_code']} from ${new URL(offer.credential_issuer).pathname}`;
	const read = await client.resolveCredentialOffer(credentialOffer).then(text, (error) =>
		error.message.split(' in credential offer')[0],
	);
	console.log(`by ${reference ? 'reference' : 'value'}: ${text(stored)} => ${read}`);
}
for (const reference of [false, true]) {
	await both('a/b', 'tenant', reference);
	await both('a%2Fb', 'tenant', reference);
	await both('code', 'a%2Fb', reference);
	await both('50%', 'tenant', reference);
}
JS
output=$(node run.mjs)
echo "$output"
expected="by value: a/b from /tenant => a/b from /tenant
by value: a%2Fb from /tenant => a/b from /tenant
by value: code from /a%2Fb => code from /a/b
by value: 50% from /tenant => Error parsing JSON from 'credential_offer' param
by reference: a/b from /tenant => a/b from /tenant
by reference: a%2Fb from /tenant => a%2Fb from /tenant
by reference: code from /a%2Fb => code from /a%2Fb
by reference: 50% from /tenant => 50% from /tenant"
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
