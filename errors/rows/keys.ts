import { input, type AirErrorRow } from './AirErrorRow';

export const MAKE_A_KEY =
	'A key that works is made with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.key';

/** What can be wrong with the private key of the credential. */
export const keyErrors = {
	AIR_KEY_EMPTY: input({
		title: 'The private key is missing',
		advice: `Open the credential and paste the private key whose public half your JWKS publishes. ${MAKE_A_KEY}`,
	}),
	AIR_KEY_UNREADABLE: input({
		when: 'Neither PEM, base64 DER, base64 of a PEM, nor a JWK, or damaged',
		title: 'The private key cannot be read',
		advice:
			'Paste the whole key again, from the BEGIN line to the END line, or the private JWK, or the base64 of either. A password, a file name or a certificate is not a key.',
	}),
	AIR_KEY_INCOMPLETE: input({
		title: 'The private key is cut off',
		advice:
			'Its BEGIN or END line is missing, so a part of the key was lost while copying. Copy the whole file, from the BEGIN line to the END line.',
	}),
	AIR_KEY_ENCRYPTED: input({
		title: 'The private key is protected by a passphrase',
		advice:
			'n8n encrypts the credential itself, so store the key without a passphrase: openssl pkey -in encrypted.key -out private.key',
	}),
	AIR_KEY_PUBLIC: input({
		when: 'Also a certificate, a public JWK or a line that begins with ssh-rsa',
		title: 'This is a public key, not the private one',
		advice:
			'Paste the private half of the key pair. The public half belongs in your JWKS, which AIR fetches.',
	}),
	AIR_KEY_SET: input({
		when: 'A JWKS, or several PEMs below one another',
		title: 'This is more than one private key, or a key set (JWKS)',
		advice:
			'Paste one private key: a PEM, or one private JWK. If a key set with private members is published anywhere, replace its keys: anyone who fetched it can issue in your name.',
	}),
	AIR_KEY_OPENSSH: input({
		title: 'The private key is in OpenSSH format',
		advice:
			'Convert a copy of it with: ssh-keygen -p -m PKCS8 -N "" -f copy-of-the-key, and paste the result.',
	}),
	AIR_KEY_RSA_SHORT: input({
		title: 'The RSA key is too short',
		advice: `Make a longer one and publish its public half: RS256 needs at least 2048 bits. ${MAKE_A_KEY}`,
	}),
	AIR_KEY_RSA_PSS: input({
		title: 'The RSA key allows PSS signatures only',
		advice: `AIR takes RS256, which such a key cannot make. ${MAKE_A_KEY}`,
	}),
	AIR_KEY_SECP256K1: input({
		title: 'The key is on the curve secp256k1, as wallets use it',
		advice:
			'AIR takes ES256 (curve P-256) or RS256. Make a key for this purpose: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private.key',
	}),
	AIR_KEY_CURVE: input({
		when: 'A curve other than P-256, e.g. P-384',
		title: 'The key is on a curve that AIR does not take',
		advice:
			'AIR takes ES256 (curve P-256) or RS256: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private.key',
	}),
	AIR_KEY_EDDSA: input({
		title: 'The key is an Ed25519 or Ed448 key',
		advice: `AIR takes RS256 or ES256 only. ${MAKE_A_KEY}`,
	}),
	AIR_KEY_TYPE: input({
		when: 'A shared secret (oct), DH, X25519, DSA',
		title: 'The key is of a type that cannot sign for AIR',
		advice: `AIR takes RS256 or ES256 only. ${MAKE_A_KEY}`,
	}),
	AIR_KEY_HALVES_DIFFER: input({
		title: 'The private and the public part of this key do not belong together',
		advice:
			'The JWK was put together from two keys, or damaged. Export it again from where it was made.',
	}),
} satisfies Record<string, AirErrorRow>;
