import { input, type AirErrorRow } from './AirErrorRow';

export const HOW_TO_GET_ONE =
	'The public half of a private key is written by: openssl pkey -in private.key -pubout';

/** What can be wrong with public keys that are meant for a JWKS. */
export const publicKeyErrors = {
	AIR_PUBLIC_KEY_EMPTY: input({
		title: 'A public key is missing',
		advice: `Paste a public key: a PEM, a JWK or a JWKS. ${HOW_TO_GET_ONE}`,
	}),
	AIR_PUBLIC_KEY_UNREADABLE: input({
		when: 'Neither a public PEM, a certificate, base64 of these, a JWK nor a JWKS, or damaged',
		title: 'A public key cannot be read',
		advice: `Paste the whole key again, from the BEGIN line to the END line, or the whole JWK or JWKS. ${HOW_TO_GET_ONE}`,
	}),
	AIR_PUBLIC_KEY_INCOMPLETE: input({
		title: 'A public key is cut off',
		advice:
			'A part of it was lost while copying. Copy the whole file, from the BEGIN line to the END line, or from the first to the last brace.',
	}),
	AIR_PUBLIC_KEY_OPENSSH: input({
		when: 'A line that begins with ssh-rsa or the like',
		title: 'A public key is in OpenSSH format',
		advice:
			'Convert it with: ssh-keygen -e -m PKCS8 -f key.pub, and take what that prints. AIR takes RSA keys and those on the curve P-256 (ecdsa-sha2-nistp256) only.',
	}),
	AIR_PUBLIC_KEY_IS_PRIVATE: input({
		when: 'Also a JWK with private members, and a shared secret',
		title: 'This is a PRIVATE key, and only public keys belong here',
		advice: `Remove it. ${HOW_TO_GET_ONE}. If it was published anywhere, make a new key pair: anyone who fetched it can issue in your name.`,
	}),
	AIR_PUBLIC_KEY_CERTIFICATES: input({
		title: 'Several certificates were given, and most of their keys are not yours',
		advice:
			'Publishing the key of a certificate authority would let it issue in your name. Paste only your own public key: openssl x509 -in certificate.pem -noout -pubkey',
	}),
	AIR_PUBLIC_KEY_PURPOSE: input({
		when: 'Its use is encryption, or its alg another algorithm',
		title: 'A public key is not meant for signatures that AIR takes',
		advice:
			'AIR takes RS256 (RSA) and ES256 (curve P-256). If the key is the right one, correct alg and use ("sig") in the JWK, or remove both.',
	}),
	AIR_PUBLIC_KEY_KID_INVALID: input({
		when: 'Not text, empty, longer than 255 characters, or with characters that cannot be seen',
		title: 'The Key ID (kid) of a public key is not valid',
		advice:
			'Correct the kid in the JWK: letters, digits, dots, dashes and underscores are safe everywhere. Without a kid, the thumbprint of the key is used.',
	}),
	AIR_PUBLIC_KEY_KID_TWICE: input({
		title: 'Two different public keys have the same Key ID (kid)',
		advice:
			'AIR picks the key by its kid, so set another one for one of them. Never reuse a kid for a new key: AIR may still remember the old key under it.',
	}),
} satisfies Record<string, AirErrorRow>;
