import dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import fc from 'fast-check';
import {
	assertTargetAllowed,
	guardedLookup,
	isPrivateAddress,
	targetPolicy,
} from '../../../../air/http/targetGuard';
import { airErrorOf } from '../support';

jest.mock('node:dns', () => ({ lookup: jest.fn() }));
const lookup = jest.mocked(dns.lookup);

const closed = targetPolicy({});
const open = targetPolicy({ MOCA_AIR_ALLOW_PRIVATE_URLS: 'true' });

const PRIVATE = [
	'0.0.0.0',
	'0.1.2.3',
	'10.0.0.1',
	'10.255.255.255',
	'100.64.0.1',
	'100.127.255.255',
	'127.0.0.1',
	'127.255.255.255',
	'169.254.169.254',
	'172.16.0.1',
	'172.31.255.255',
	'192.0.0.1',
	'192.0.2.1',
	'192.88.99.1',
	'192.168.0.1',
	'198.18.0.1',
	'198.19.255.255',
	'198.51.100.1',
	'203.0.113.1',
	'224.0.0.1',
	'239.255.255.255',
	'240.0.0.1',
	'255.255.255.255',
	'::',
	'::1',
	'0:0:0:0:0:0:0:1',
	'::7f00:1',
	'::127.0.0.1',
	'::ffff:127.0.0.1',
	'::ffff:7f00:1',
	'0:0:0:0:0:ffff:10.0.0.1',
	'::FFFF:192.168.0.1',
	'::ffff:0:10.0.0.1',
	'64:ff9b::0.0.0.0',
	'64:ff9b::0.0.1.2',
	'64:ff9b::10.0.0.1',
	'64:ff9b::7f00:1',
	'64:ff9b:0:0:0:0:a9fe:a9fe',
	'64:ff9b:1::1',
	'64:ff9b:1:ffff:ffff:ffff:8.8.8.8',
	'100::1',
	'2001::1',
	'2001:db8::1',
	'2002:7f00:1::',
	'2002:a00:1::1',
	'2002:808:808::1',
	'3fff::1',
	'5f00::1',
	'fc00::1',
	'fd12:3456::1',
	'fe80::1',
	'fe80::1%eth0',
	'febf::1',
	'fec0::1',
	'ff02::1',
];
const PUBLIC = [
	'1.1.1.1',
	'8.8.8.8',
	'9.255.255.255',
	'11.0.0.0',
	'100.63.255.255',
	'100.128.0.0',
	'126.255.255.255',
	'128.0.0.1',
	'172.15.255.255',
	'172.32.0.0',
	'192.167.255.255',
	'192.169.0.0',
	'198.17.255.255',
	'198.20.0.0',
	'223.255.255.255',
	'::ffff:8.8.8.8',
	'64:ff9b::8.8.8.8',
	'2001:4860:4860::8888',
	'2606:4700:4700::1111',
	'2a00:1450::1',
];

test.each(PRIVATE)('%s is private', (address) => {
	expect(isPrivateAddress(address)).toBe(true);
});

test.each(PUBLIC)('%s is public', (address) => {
	expect(isPrivateAddress(address)).toBe(false);
});

test('what is not an address at all is not called public', () => {
	for (const text of ['', 'localhost', '127.1', '1.2.3', '::g', '999.1.1.1']) {
		expect(isPrivateAddress(text)).toBe(true);
	}
});

test('an IPv4 address is judged alike in each of its IPv6 forms', () => {
	fc.assert(
		fc.property(fc.ipV4(), (address) => {
			const expected = isPrivateAddress(address);
			expect(isPrivateAddress(`::ffff:${address}`)).toBe(expected);
			expect(isPrivateAddress(`64:ff9b::${address}`)).toBe(expected);
		}),
	);
});

describe('before any name is resolved', () => {
	test.each([
		'https://127.0.0.1/v1',
		'https://127.1/',
		'https://0x7f.1/',
		'https://0x7f000001/',
		'https://2130706433/',
		'https://017700000001/',
		'https://127.0.0.1./',
		'https://１２７.0.0.1/',
		'https://0/',
		'https://10.1/',
		'https://169.254.169.254/latest/meta-data',
		'https://[::1]/',
		'https://[::ffff:127.0.0.1]/',
		'https://[64:ff9b::127.0.0.1]/',
		'https://[2002:7f00:1::]/',
		'https://localhost/',
		'https://LOCALHOST/',
		'https://localhost./',
		'https://air.localhost/',
		'https://air.localhost.:8443/',
	])('%s is refused', async (url) => {
		const error = await airErrorOf(() => {
			assertTargetAllowed(new URL(url), closed);
		});
		expect(error.code).toBe('AIR_TARGET_PRIVATE');
		expect(() => {
			assertTargetAllowed(new URL(url), open);
		}).not.toThrow();
	});

	test.each([
		'https://api.sandbox.mocachain.org/v1',
		'https://8.8.8.8/',
		'https://[2606:4700:4700::1111]/',
		'https://localhost.example.com/',
		'https://notlocalhost/',
	])('%s is let through', (url) => {
		expect(() => {
			assertTargetAllowed(new URL(url), closed);
		}).not.toThrow();
	});

	test.each([
		['http://api.sandbox.mocachain.org/v1', closed, 'AIR_TARGET_NOT_HTTPS'],
		['http://127.0.0.1/', closed, 'AIR_TARGET_NOT_HTTPS'],
		['http://8.8.8.8/', open, 'AIR_TARGET_NOT_HTTPS'],
		['ftp://8.8.8.8/', open, 'AIR_TARGET_NOT_HTTPS'],
		[
			'http://127.0.0.1/',
			targetPolicy({ N8N_SSRF_ALLOWED_IP_RANGES: '127.0.0.0/8' }),
			'AIR_TARGET_NOT_HTTPS',
		],
	] as const)('%s is refused', async (url, policy, code) => {
		const error = await airErrorOf(() => {
			assertTargetAllowed(new URL(url), policy);
		});
		expect(error.code).toBe(code);
	});

	test('http to a private address is let through when private targets are allowed', () => {
		for (const url of ['http://127.0.0.1:3000/', 'http://localhost:3000/', 'http://10.0.0.7/']) {
			expect(() => {
				assertTargetAllowed(new URL(url), open);
			}).not.toThrow();
		}
	});

	test('nothing but the host is shown', async () => {
		const error = await airErrorOf(() => {
			assertTargetAllowed(new URL('https://user:word@127.0.0.1/path?secret=1'), closed);
		});
		expect(error.message).toBe('The address points into a private network: 127.0.0.1');
	});
});

describe('the operator’s policy', () => {
	test.each([
		['true', true],
		['TRUE', true],
		[' true ', true],
		['1', false],
		['yes', false],
		['false', false],
		['', false],
		[undefined, false],
	])('MOCA_AIR_ALLOW_PRIVATE_URLS=%j', (value, allowPrivate) => {
		expect(targetPolicy({ MOCA_AIR_ALLOW_PRIVATE_URLS: value }).allowPrivate).toBe(allowPrivate);
	});

	const allowed = (env: NodeJS.ProcessEnv, url: string) => {
		try {
			assertTargetAllowed(new URL(url), targetPolicy(env));
			return true;
		} catch {
			return false;
		}
	};

	test.each([
		['10.0.0.0/8', 'https://10.1.2.3/', true],
		['10.0.0.0/8', 'https://11.1.2.3/', true], // public anyway
		['10.0.0.0/8', 'https://192.168.0.1/', false],
		['10.1.2.3', 'https://10.1.2.3/', true],
		['10.1.2.3', 'https://10.1.2.4/', false],
		['10.1.2.3/32', 'https://10.1.2.4/', false],
		[' 192.168.0.0/16 , 10.0.0.0/8 ', 'https://10.1.2.3/', true],
		['10.0.0.0/8', 'https://[::ffff:10.1.2.3]/', true],
		['fd00::/8', 'https://[fd12::1]/', true],
		['fd00::/8', 'https://[fc00::1]/', false],
		['0.0.0.0/0', 'https://10.1.2.3/', true],
		['0.0.0.0/0', 'https://[fd12::1]/', false],
		// Mistyped ranges allow nothing, and keep nothing from loading.
		['10.0.0.0/33', 'https://10.1.2.3/', false],
		['10.0.0.0/-1', 'https://10.1.2.3/', false],
		['10.0.0.0/', 'https://10.1.2.3/', false],
		['10.0.0.0/8.5', 'https://10.1.2.3/', false],
		['10.0.0.0/8/8', 'https://10.1.2.3/', false],
		['10.0.0.0/0x8', 'https://10.1.2.3/', false],
		['10.0.0.0/eight', 'https://10.1.2.3/', false],
		['10.0.0/8', 'https://10.1.2.3/', false],
		['everything', 'https://10.1.2.3/', false],
		['/8', 'https://10.1.2.3/', false],
		['*', 'https://10.1.2.3/', false],
		['fd00::/129', 'https://[fd12::1]/', false],
		['', 'https://10.1.2.3/', false],
		['nonsense,10.0.0.0/8', 'https://10.1.2.3/', true],
	])('N8N_SSRF_ALLOWED_IP_RANGES=%j, %s: %s', (ranges, url, expected) => {
		expect(allowed({ N8N_SSRF_ALLOWED_IP_RANGES: ranges }, url)).toBe(expected);
	});

	test.each([
		['localhost', 'https://localhost/', true],
		['LocalHost', 'https://localhost./', true],
		['air.localhost', 'https://air.localhost/', true],
		['*.localhost', 'https://air.localhost/', true],
		['*.localhost', 'https://localhost/', false],
		['localhost', 'https://air.localhost/', false],
		['10.1.2.3', 'https://10.1.2.3/', true],
		['calhost', 'https://localhost/', false],
		['*', 'https://localhost/', false],
		['', 'https://localhost/', false],
	])('N8N_SSRF_ALLOWED_HOSTNAMES=%j, %s: %s', (names, url, expected) => {
		expect(allowed({ N8N_SSRF_ALLOWED_HOSTNAMES: names }, url)).toBe(expected);
	});
});

describe('guardedLookup', () => {
	const url = new URL('https://air.example.com/v1');

	/** What the resolver answers; the types of node:dns know only one form at a time. */
	function resolvesTo(...addresses: string[]): void {
		const found: LookupAddress[] = addresses.map((address) => ({
			address,
			family: address.includes(':') ? 6 : 4,
		}));
		lookup.mockImplementation(((
			_name: string,
			_options: unknown,
			callback: (error: Error | null, found: LookupAddress[]) => void,
		) => {
			setImmediate(callback, null, found);
		}) as unknown as typeof dns.lookup);
	}

	const resolve = async (
		options: dns.LookupOptions,
		policy = closed,
		target = url,
	): Promise<unknown[]> =>
		await new Promise((done, fail) => {
			guardedLookup(target, policy)(target.hostname, options, (error, ...found) => {
				if (error === null) done(found);
				else fail(error);
			});
		});

	test('a public address is handed out in the form that was asked for', async () => {
		resolvesTo('8.8.8.8', '2606:4700::1111');
		expect(await resolve({})).toEqual(['8.8.8.8', 4]);
		expect(await resolve({ all: false })).toEqual(['8.8.8.8', 4]);
		expect(await resolve({ all: true })).toEqual([
			[
				{ address: '8.8.8.8', family: 4 },
				{ address: '2606:4700::1111', family: 6 },
			],
		]);
	});

	test('the family that was asked for reaches the resolver', async () => {
		resolvesTo('8.8.8.8');
		await resolve({ family: 4, hints: 32 });
		expect(lookup.mock.lastCall?.[1]).toEqual({ family: 4, hints: 32, all: true });
	});

	test.each([
		[['127.0.0.1']],
		[['::1']],
		[['10.0.0.1', '8.8.8.8']],
		[['8.8.8.8', '169.254.169.254']],
		[['8.8.8.8', '::ffff:10.0.0.1']],
		[['fe80::1%eth0']],
	])('a name with %j is refused in both forms', async (addresses) => {
		resolvesTo(...addresses);
		for (const options of [{}, { all: true }]) {
			const error = await airErrorOf(() => resolve(options));
			expect(error.code).toBe('AIR_TARGET_PRIVATE');
			expect(error.facts.detail).toBe('air.example.com');
			expect(await resolve(options, open)).not.toEqual([]);
		}
	});

	test('the allow lists are heard', async () => {
		resolvesTo('10.1.2.3');
		for (const env of [
			{ N8N_SSRF_ALLOWED_HOSTNAMES: 'air.example.com' },
			{ N8N_SSRF_ALLOWED_HOSTNAMES: '*.example.com' },
			{ N8N_SSRF_ALLOWED_IP_RANGES: '10.0.0.0/8' },
		]) {
			expect(await resolve({}, targetPolicy(env))).toEqual(['10.1.2.3', 4]);
		}
		resolvesTo('10.1.2.3', '192.168.0.1');
		const error = await airErrorOf(() =>
			resolve({}, targetPolicy({ N8N_SSRF_ALLOWED_IP_RANGES: '10.0.0.0/8' })),
		);
		expect(error.code).toBe('AIR_TARGET_PRIVATE');
	});

	test('http never reaches a public address, whatever the policy', async () => {
		resolvesTo('8.8.8.8');
		const http = new URL('http://air.example.com/');
		const error = await airErrorOf(() => resolve({ all: true }, open, http));
		expect(error.code).toBe('AIR_TARGET_NOT_HTTPS');
		resolvesTo('10.0.0.1');
		expect(await resolve({}, open, http)).toEqual(['10.0.0.1', 4]);
	});

	test('a resolver that fails, fails the connection', async () => {
		const failure = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
		lookup.mockImplementation(((
			_name: string,
			_options: unknown,
			callback: (error: Error) => void,
		) => {
			callback(failure);
		}) as unknown as typeof dns.lookup);
		await expect(resolve({})).rejects.toBe(failure);
	});
});
