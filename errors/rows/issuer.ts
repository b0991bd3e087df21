import { input, type AirErrorRow } from './AirErrorRow';

const MAKE =
	'Make the documents with Get Public Documents of Moca AIR, or with the command npx n8n-nodes-moca-air did';

/** What the setup check finds about the documents of an issuer (docs/setup-check.md). */
export const issuerErrors = {
	AIR_ISSUER_DOCUMENT_UNREADABLE: input({
		title: 'A document of the issuer cannot be read',
		advice: `Open the address in a browser: the document must come without login or redirect, as JSON. ${MAKE}, and host them at exactly the addresses that they name.`,
	}),
	AIR_DID_PRIVATE: input({
		title: 'The issuer DID leads into a private network, where nobody else can reach it',
		advice:
			'AIR and everybody who checks a credential fetch did.json over the internet, for as long as credentials live. Take a public host for the issuer before the first credential. It is fine as it is for the emulator.',
	}),
	AIR_DID_CONTENT_TYPE: input({
		title: 'Your did.json has a content type that not every verifier takes',
		advice:
			'Serve it as application/did+ld+json. The ready-made hosts do (docs/issuer-documents.md); at a place for static files set the type of this one file.',
	}),
	AIR_DID_OTHER: input({
		title: 'Your did.json is the document of another DID',
		advice: `Resolvers refuse it. Issuer Host or DID of the credential and the id in did.json have to be the same text, letter by letter. ${MAKE}, for the right one.`,
	}),
	AIR_DID_LEAKS: input({
		title: 'A document of the issuer publishes a PRIVATE key',
		advice: `Anyone can sign credentials in your name with it. Make a new key pair now, and publish its public half alone. ${MAKE}: nothing private is in those. Then find out what published it.`,
	}),
	AIR_DID_KEY_MISSING: input({
		when: 'None under its Key ID, another one, or not under assertionMethod',
		title: 'Verifiers do not find the key of this credential in did.json',
		advice: `Nobody could check what is issued with it. Compare Key ID with the entries of did.json. ${MAKE}, of this key, and publish them before you issue.`,
	}),
	AIR_DID_FURTHER_KEY_MISSING: input({
		title: 'Your did.json does not have all keys of the credential',
		advice: `If credentials that were signed with it still live, nobody can check them. Publish both keys of a change. ${MAKE}, of all these keys.`,
	}),
	AIR_VC_ISSUER_DISAGREES: input({
		when: 'It cannot be fetched, names another issuer, or lacks the key',
		title: 'Your jwt-vc-issuer does not agree with the credential',
		advice: `Verifiers that take an https issuer look there; with Issuer Written As set to HTTPS URL all of them do. ${MAKE}. This one belongs at the root of the host.`,
	}),
	AIR_ACCOUNT_NOT_CHECKED: input({
		title: 'Not checked: whether the account host of AIR answers',
		advice:
			'Switch on Check Account Host in the node, and fill in Your Own Email with your own address: AIR makes an account for an address that has none. Nothing is issued.',
	}),
} satisfies Record<string, AirErrorRow>;
