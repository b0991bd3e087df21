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
import { kidOnce, noPrivateMembers, noUnknownKey, purpose, sameKey } from './aboutKeys';
import type { Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

export interface Check {
	/** What it makes sure of, for the documentation. */
	readonly makesSure: string;
	/** Undefined when it cannot be done, because something else is missing: then it is left out. */
	readonly judge: (facts: SetupFacts) => Verdict | undefined;
	/**
	 * AIR's own acceptance outweighs it: AIR may fetch from another address than the one that is
	 * written down here, or still use an older copy. Then it is a warning.
	 */
	readonly outweighed?: true;
}

/** All checks by name, in the order in which a person would repair. */
export const CHECKS: Readonly<Record<string, Check>> = {
	settings: { makesSure: 'Partner ID and settings of the credential are there', judge: settings },
	privateKey: { makesSure: 'The private key can be read and is strong enough', judge: privateKey },
	algorithm: { makesSure: 'AIR takes its algorithm: RS256 or ES256', judge: algorithm },
	keyId: { makesSure: 'Key ID looks like a key ID', judge: keyId, outweighed: true },
	furtherPublicKeys: {
		makesSure: 'Further Public Keys can be read, and none of them is private',
		judge: furtherKeys,
	},
	issuerDid: { makesSure: 'The issuer DID has the form of a DID', judge: issuerDid },
	baseUrl: {
		makesSure: 'The base URL is an address that may be asked, and not another API of AIR',
		judge: baseUrl,
		outweighed: true,
	},
	jwksUrl: { makesSure: 'JWKS URL is filled in with an address', judge: jwksUrl, outweighed: true },
	jwksPublic: {
		makesSure: 'The address is https and on the public internet',
		judge: publicAddress,
		outweighed: true,
	},
	jwksReachable: {
		makesSure: 'It answers within 10 seconds, with 64 kB at most',
		judge: reachable,
		outweighed: true,
	},
	jwksJson: { makesSure: 'What it answers is a JWKS', judge: json, outweighed: true },
	jwksPrivateMembers: {
		makesSure: 'Nothing private is published in it',
		judge: noPrivateMembers,
	},
	jwksKeyId: {
		makesSure: 'It has the key ID of the credential, once',
		judge: kidOnce,
		outweighed: true,
	},
	jwksSameKey: {
		makesSure: 'The key under it belongs to the private key',
		judge: sameKey,
		outweighed: true,
	},
	jwksKnownKeys: { makesSure: 'The credential knows every other key', judge: noUnknownKey },
	jwksPurpose: {
		makesSure: 'Algorithm and use of the published key are right',
		judge: purpose,
		outweighed: true,
	},
	jwksCache: { makesSure: 'The cache header is sensible', judge: cacheHeader },
	clock: { makesSure: 'The clock agrees with that of AIR', judge: clock, outweighed: true },
	airAccepts: { makesSure: 'AIR accepts a Partner JWT of this key', judge: accepts },
	issueOnBehalf: {
		makesSure: 'Issue on Behalf is enabled (only if asked for)',
		judge: featureEnabled,
	},
};
