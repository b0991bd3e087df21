import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { AirError } from '../../errors/AirError';

/** What the operator of n8n allows; never set by people who edit workflows. */
export interface TargetPolicy {
	/** `MOCA_AIR_ALLOW_PRIVATE_URLS=true`: private targets, also over http. */
	readonly allowPrivate: boolean;
	/** n8n's `N8N_SSRF_ALLOWED_HOSTNAMES`: names, or `*.example.com`. */
	readonly allowedHostnames: readonly string[];
	/** n8n's `N8N_SSRF_ALLOWED_IP_RANGES`: addresses or CIDR ranges. */
	readonly allowedRanges: BlockList;
}

/** Everything that is not public unicast (IANA special-purpose registries, IPv4 and IPv6). */
const PRIVATE_RANGES = [
	'0.0.0.0/8',
	'10.0.0.0/8',
	'100.64.0.0/10',
	'127.0.0.0/8',
	'169.254.0.0/16',
	'172.16.0.0/12',
	'192.0.0.0/24',
	'192.0.2.0/24',
	'192.88.99.0/24',
	'192.168.0.0/16',
	'198.18.0.0/15',
	'198.51.100.0/24',
	'203.0.113.0/24',
	'224.0.0.0/4',
	'240.0.0.0/4',
	'::/96',
	'::ffff:0:0:0/96',
	'64:ff9b:1::/48',
	'100::/64',
	'2001::/23',
	'2001:db8::/32',
	'2002::/16',
	'3fff::/20',
	'5f00::/16',
	'fc00::/7',
	'fe80::/10',
	'fec0::/10',
	'ff00::/8',
];

/** IPv4 inside IPv6 reaches the IPv4 host: mapped (RFC 4291) and NAT64 (RFC 6052). */
const IPV4_IN_IPV6 = ['::ffff:', '64:ff9b::'];

function blockList(ranges: readonly string[]): BlockList {
	const list = new BlockList();
	for (const range of ranges) {
		const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
		const family = isIP(address);
		// A mistyped range allows nothing, but must not keep the package from loading.
		if (family === 0) continue;
		const longest = family === 4 ? 32 : 128;
		const bits = prefix === undefined ? longest : Number(prefix);
		if (bits > longest) continue;
		list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
		if (family === 4) {
			for (const prefix of IPV4_IN_IPV6) list.addSubnet(prefix + address, 96 + bits, 'ipv6');
		}
	}
	return list;
}

const privateRanges = blockList(PRIVATE_RANGES);

function contains(list: BlockList, address: string): boolean {
	const plain = address.replace(/%.*$/, '');
	return list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether an address is private, loopback, link-local or otherwise not on the public internet. What
 * is not an address at all is not called public.
 *
 * @param address - an IP address
 * @example
 * ```ts
 * isPrivateAddress('::ffff:10.0.0.1'); // true
 * ```
 */
export function isPrivateAddress(address: string): boolean {
	return isIP(address) === 0 || contains(privateRanges, address);
}

const list = (value: string | undefined) =>
	(value ?? '')
		.split(',')
		.map((entry) => entry.trim().toLowerCase())
		.filter((entry) => entry !== '');

/** Cached, because each request asks and the environment hardly ever changes. */
let latest:
	{ readonly settings: readonly (string | undefined)[]; readonly policy: TargetPolicy } | undefined;

/**
 * Reads the operator's policy from the environment of n8n.
 *
 * @param env - usually `process.env`
 */
export function targetPolicy(env: NodeJS.ProcessEnv): TargetPolicy {
	const settings = [
		env.MOCA_AIR_ALLOW_PRIVATE_URLS,
		env.N8N_SSRF_ALLOWED_HOSTNAMES,
		env.N8N_SSRF_ALLOWED_IP_RANGES,
	] as const;
	if (latest?.settings.every((setting, index) => setting === settings[index]) === true) {
		return latest.policy;
	}
	const [allowPrivate, hostnames, ranges] = settings;
	const policy = {
		allowPrivate: allowPrivate?.trim().toLowerCase() === 'true',
		allowedHostnames: list(hostnames),
		allowedRanges: blockList(list(ranges)),
	};
	latest = { settings, policy };
	return policy;
}

const bare = (hostname: string) =>
	hostname
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '')
		.toLowerCase();

const hostnameAllowed = (policy: TargetPolicy, hostname: string) =>
	policy.allowedHostnames.some((entry) =>
		entry.startsWith('*.') ? hostname.endsWith(entry.slice(1)) : hostname === entry,
	);

function refusal(policy: TargetPolicy, url: URL, address: string): AirError | undefined {
	const encrypted = url.protocol === 'https:';
	if (isPrivateAddress(address)) {
		const allowed =
			policy.allowPrivate ||
			hostnameAllowed(policy, bare(url.hostname)) ||
			contains(policy.allowedRanges, address);
		return allowed ? undefined : new AirError('AIR_TARGET_PRIVATE', { detail: url.hostname });
	}
	// http is for test systems in one's own network: a token never crosses the internet in the clear.
	return encrypted ? undefined : new AirError('AIR_TARGET_NOT_HTTPS', { detail: url.hostname });
}

/**
 * Checks what can be checked before any name is resolved. Called before a connection is opened or a
 * proxy is asked; addresses behind names are checked by {@link guardedLookup}.
 *
 * @param url - the target
 * @throws AirError `AIR_TARGET_NOT_HTTPS`, `AIR_TARGET_PRIVATE`
 */
export function assertTargetAllowed(url: URL, policy: TargetPolicy): void {
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowPrivate)) {
		throw new AirError('AIR_TARGET_NOT_HTTPS', { detail: url.hostname });
	}
	const host = bare(url.hostname);
	const address = /(^|\.)localhost$/.test(host) ? '127.0.0.1' : isIP(host) === 0 ? undefined : host;
	const refused = address === undefined ? undefined : refusal(policy, url, address);
	if (refused !== undefined) throw refused;
}

type LookupCallback = (
	error: Error | null,
	address?: string | LookupAddress[],
	family?: number,
) => void;

/**
 * A `lookup` for `net.connect` that returns only addresses the policy allows. The check is between
 * resolving and connecting, so a DNS answer that changes later gains nothing.
 *
 * @param url - the target, for its scheme and name
 */
export function guardedLookup(url: URL, policy: TargetPolicy) {
	return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
		dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
			if (error !== null) {
				callback(error);
				return;
			}
			for (const { address } of addresses) {
				const refused = refusal(policy, url, address);
				if (refused !== undefined) {
					callback(refused);
					return;
				}
			}
			const [first] = addresses;
			if (options.all === true || first === undefined) callback(null, addresses);
			else callback(null, first.address, first.family);
		});
	};
}

/**
 * Checks the addresses behind a target's name, where {@link guardedLookup} is not used.
 *
 * @throws AirError `AIR_TARGET_NOT_HTTPS`, `AIR_TARGET_PRIVATE`, `AIR_DNS`
 */
export async function assertResolvesAllowed(url: URL, policy: TargetPolicy): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		guardedLookup(url, policy)(bare(url.hostname), { all: true }, (error) => {
			if (error === null) resolve();
			else reject(error instanceof AirError ? error : new AirError('AIR_DNS'));
		});
	});
}
