import { input, type AirErrorRow } from './AirErrorRow';

const REGISTERED = 'in the AIR dashboard under Accounts → General → JWKS URL';

/** Findings of the setup check only (docs/setup-check.md); it also uses the other rows. */
export const setupErrors = {
	AIR_KID_INVALID: input({
		when: 'A key, JSON, an address, line breaks, or more than 255 characters',
		title: 'The Key ID of this credential is not a key ID',
		advice:
			'Key ID takes the short name that your JWKS gives the key in its member kid, e.g. my-key-2026-01. If it is empty, the partner ID is used.',
	}),
	AIR_BASE_URL_OTHER_API: input({
		when: 'The dashboard, an older address, or another API of AIR',
		title: 'The base URL does not look like the API for Issue on Behalf',
		advice:
			'AIR has several APIs. Issue on Behalf is at https://api.sandbox.mocachain.org/v1 (sandbox) and https://mocachain-mainnet.api.air3.com/v1 (production): set Environment to Sandbox or Production in the credential.',
	}),
	AIR_JWKS_URL_EMPTY: input({
		title: 'The credential names no JWKS URL, so your JWKS cannot be checked',
		advice: `Fill in the address that is registered ${REGISTERED}. AIR does not tell it, and fetches from there whatever the credential says.`,
	}),
	AIR_JWKS_NOT_HTTPS: input({
		title: 'The JWKS URL does not start with https://',
		advice: `AIR fetches a JWKS over https only. Put it on an https address, and register that one ${REGISTERED}.`,
	}),
	AIR_JWKS_PRIVATE: input({
		title: 'The JWKS URL points into a private network, where AIR cannot reach it',
		advice: `AIR fetches the JWKS over the internet. Put the file on a public web server, or let a tunnel or a reverse proxy publish it, and register the public address ${REGISTERED}. It is fine as it is for the emulator.`,
	}),
	AIR_JWKS_SEEN_FROM_HERE_ONLY: input({
		when: 'AIR has not accepted a Partner JWT',
		title: 'The JWKS can be fetched from here, which does not say that AIR can fetch it',
		advice: `Open it from outside of your network, e.g. with a phone without Wi-Fi: it must come without a login, an interstitial page or a list of allowed addresses. Make sure that exactly this address is registered ${REGISTERED}.`,
	}),
	AIR_JWKS_KID_TWICE: input({
		title: 'Your JWKS lists the Key ID of this credential more than once',
		advice:
			'AIR may take any of them. Leave only the public half of this private key under that kid, and give other keys a kid of their own.',
	}),
	AIR_JWKS_UNKNOWN_KEY: input({
		title: 'Your JWKS publishes a key that this credential does not know',
		advice:
			'Anyone who has the private half of it can issue in your name. If it is yours, e.g. for a rotation, put its public half into Further Public Keys of the credential. If nobody knows whose it is, remove it from the JWKS, and find out who can change that file.',
	}),
	AIR_JWKS_SPELLING: input({
		title: 'Your JWKS publishes the right key in a spelling that not every verifier reads',
		advice:
			'Publish it as the command npx n8n-nodes-moca-air jwks writes it: n, e, x and y as base64url, without = at the end, + and /, and without leading zeros that do not belong there.',
	}),
	AIR_JWKS_KEY_UNREADABLE: input({
		title: 'The key under your Key ID in the JWKS cannot be read',
		advice:
			'An RSA key needs n and e, an EC key crv, x and y, each of them complete. Publish the public half of this private key again, as the command npx n8n-nodes-moca-air jwks writes it.',
	}),
	AIR_JWKS_PURPOSE: input({
		when: 'By its alg, use, key_ops or type',
		title: 'Your JWKS publishes the key for another purpose than AIR needs',
		advice:
			'The entry needs "use": "sig" and the "alg" of its type: RS256 for RSA, ES256 for EC on the curve P-256. Correct it where the JWKS is hosted.',
	}),
	AIR_JWKS_PURPOSE_MISSING: input({
		title: 'Your JWKS does not say what the key is for',
		advice:
			'AIR’s documents show both members. Add "use": "sig" and "alg": "RS256" (RSA) or "ES256" (EC) to the entry where the JWKS is hosted.',
	}),
	AIR_JWKS_CACHE: input({
		when: 'None, no caching, or more than a day',
		title: 'The cache header of your JWKS is not sensible',
		advice:
			'Let its host send Cache-Control: public, max-age=300. Too short a cache makes you depend on the host every time; too long a cache delays a new key.',
	}),
	AIR_CLOCK_SKEW: input({
		when: 'By more than 30 seconds',
		title: 'The clock of this machine is wrong',
		advice:
			'A Partner JWT says when it was signed and when it ends, so AIR refuses it when the clock is off. Set the clock of the machine that runs n8n by NTP, e.g. timedatectl set-ntp true; a container has the clock of its host.',
	}),
	AIR_ISSUER_DID_MISSING: input({
		title: 'The credential names no issuer DID, so nothing can be issued with it',
		advice:
			'To issue directly, fill in Issuer Host or DID in the credential. For Issue on Behalf, copy the Issuer DID into it from the AIR dashboard under Accounts → General. A node that names another one in its options still uses its own.',
	}),
	AIR_FEATURE_NOT_CHECKED: input({
		title: 'Not checked: whether Issue on Behalf is enabled',
		advice:
			'Switch on Check Issue on Behalf in the node, and fill in Your Own Email with your own address: an empty request to AIR finds it out, and issues nothing.',
	}),
	AIR_FEATURE_UNKNOWN: input({
		when: 'Neither the documented 400 nor 403',
		title: 'Could not find out whether Issue on Behalf is enabled',
		advice:
			'Look in the AIR dashboard under Accounts → General, or Issuer → Advanced; where there is no such switch, ask the AIR team. Or issue once to yourself.',
	}),
} satisfies Record<string, AirErrorRow>;
