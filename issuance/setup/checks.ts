import { cacheHeader, json, jwksUrl, publicAddress, reachable } from './aboutAddress';
import { accepts, clock, featureEnabled } from './aboutAir';
import {
	algorithm,
	baseUrl,
	furtherKeys,
	issuerDid,
	keyId,
	privateKey,
	settings,
} from './aboutCredential';
import { accountHost, directIssuer } from './aboutDirect';
import {
	didContentType,
	didId,
	didReachable,
	furtherKeysInDid,
	keyInDid,
	noPrivateMembers as nothingPrivatePublished,
	vcIssuer,
} from './aboutIssuer';
import { everyPlace, keysOfLiving, listReachable, listSigned, listType } from './aboutStatus';
import { kidOnce, noPrivateMembers, noUnknownKey, purpose, sameKey } from './aboutKeys';
import type { Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

export interface Check {
	/** The label that people read and workflows compare: never change it. */
	readonly label: string;
	/** What it checks, for the documentation. */
	readonly makesSure: string;
	/** Undefined if it is impossible because something else is missing: then it is left out. */
	readonly judge: (facts: SetupFacts) => Verdict | undefined;
	/**
	 * If AIR accepts the key, a failure of this check becomes a warning: AIR may fetch from another
	 * address, or still use an older copy.
	 */
	readonly outweighed?: true;
}

/** All checks by name, in the order in which a person would fix them. */
export const CHECKS: Readonly<Record<string, Check>> = {
	settings: {
		label: 'Settings',
		makesSure: 'Partner ID and settings of the credential are there',
		judge: settings,
	},
	privateKey: {
		label: 'Private key',
		makesSure: 'The private key can be read and is strong enough',
		judge: privateKey,
	},
	algorithm: {
		label: 'Algorithm of the key',
		makesSure: 'AIR takes its algorithm: RS256 or ES256',
		judge: algorithm,
	},
	keyId: {
		label: 'Key ID',
		makesSure: 'Key ID looks like a key ID',
		judge: keyId,
		outweighed: true,
	},
	furtherPublicKeys: {
		label: 'Further Public Keys',
		makesSure: 'Further Public Keys can be read, and none of them is private',
		judge: furtherKeys,
	},
	issuerDid: {
		label: 'Issuer DID',
		makesSure: 'The issuer DID has the form of a DID',
		judge: issuerDid,
	},
	directIssuer: {
		label: 'Issuer of direct issuance',
		makesSure: 'Issuer Host or DID is a host or a did:web that Key ID can be added to',
		judge: directIssuer,
	},
	baseUrl: {
		label: 'Base URL',
		makesSure: 'The base URL is an address that may be asked, and not another API of AIR',
		judge: baseUrl,
		outweighed: true,
	},
	jwksUrl: {
		label: 'JWKS URL',
		makesSure: 'JWKS URL is filled in with an address',
		judge: jwksUrl,
		outweighed: true,
	},
	jwksPublic: {
		label: 'JWKS URL is public',
		makesSure: 'The address is https and on the public internet',
		judge: publicAddress,
		outweighed: true,
	},
	jwksReachable: {
		label: 'JWKS URL answers',
		makesSure: 'It answers within 10 seconds, with 64 kB at most',
		judge: reachable,
		outweighed: true,
	},
	jwksJson: {
		label: 'JWKS can be read',
		makesSure: 'What it answers is a JWKS',
		judge: json,
		outweighed: true,
	},
	jwksPrivateMembers: {
		label: 'Nothing private in the JWKS',
		makesSure: 'Nothing private is published in it',
		judge: noPrivateMembers,
	},
	jwksKeyId: {
		label: 'Key ID in the JWKS',
		makesSure: 'It has the key ID of the credential, once',
		judge: kidOnce,
		outweighed: true,
	},
	jwksSameKey: {
		label: 'Published key',
		makesSure: 'The key under it belongs to the private key',
		judge: sameKey,
		outweighed: true,
	},
	jwksKnownKeys: {
		label: 'Other published keys',
		makesSure: 'The credential knows every other key',
		judge: noUnknownKey,
	},
	jwksPurpose: {
		label: 'Purpose of the published key',
		makesSure: 'Algorithm and use of the published key are right',
		judge: purpose,
		outweighed: true,
	},
	jwksCache: {
		label: 'Caching of the JWKS',
		makesSure: 'The cache header is sensible',
		judge: cacheHeader,
	},
	clock: {
		label: 'Clock',
		makesSure: 'The clock agrees with that of AIR',
		judge: clock,
		outweighed: true,
	},
	airAccepts: {
		label: 'AIR accepts the key',
		makesSure: 'AIR accepts a Partner JWT of this key',
		judge: accepts,
	},
	issueOnBehalf: {
		label: 'Issue on Behalf',
		makesSure: 'Issue on Behalf is enabled (asked only if you want it)',
		judge: featureEnabled,
	},
	directReachable: {
		label: 'did.json answers',
		makesSure: 'did.json answers within 10 seconds, at an https address that others can reach',
		judge: didReachable,
	},
	directType: {
		label: 'Content type of did.json',
		makesSure: 'It has the content type that verifiers take',
		judge: didContentType,
	},
	directDid: {
		label: 'DID in did.json',
		makesSure: 'It can be read, and is the document of the DID that fits its address',
		judge: didId,
	},
	directPrivateMembers: {
		label: 'Nothing private in did.json',
		makesSure: 'Nothing private is published in it, or in jwt-vc-issuer',
		judge: nothingPrivatePublished,
	},
	directKey: {
		label: 'Key in did.json',
		makesSure: 'The key of the credential is in it, under assertionMethod',
		judge: keyInDid,
	},
	directFurtherKeys: {
		label: 'Further keys in did.json',
		makesSure: 'During a change of the key both are in it',
		judge: furtherKeysInDid,
	},
	directVcIssuer: {
		label: 'jwt-vc-issuer',
		makesSure: 'jwt-vc-issuer agrees; only a warning while Issuer Written As is DID',
		judge: vcIssuer,
	},
	directList: {
		label: 'Status list',
		makesSure: 'It can be fetched from the address that credentials name',
		judge: listReachable,
	},
	directListType: {
		label: 'Content type of the status list',
		makesSure: 'It has exactly the content type that verifiers take',
		judge: listType,
	},
	directListSigned: {
		label: 'Signature of the status list',
		makesSure: 'It is signed by a key that is published, is the list of this address, and lives',
		judge: listSigned,
	},
	directListPlaces: {
		label: 'Places of the status list',
		makesSure: 'It has a place for each credential, and all that was revoked',
		judge: everyPlace,
	},
	directLiveKeys: {
		label: 'Keys of live credentials',
		makesSure: 'Each key that valid credentials need is published, and stays so',
		judge: keysOfLiving,
	},
	directAccountHost: {
		label: 'Account host',
		makesSure: 'The account host of AIR answers (asked only if you want it)',
		judge: accountHost,
	},
};
