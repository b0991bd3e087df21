import { Agent, createServer, get } from 'node:http';
import { startEmulator } from '../../../emulator';
import { BROKEN, eventually, reasonOf, useRig } from './support';

const rig = useRig();

describe('the rate limit', () => {
	test('rejects what is over it, and counts that', async () => {
		rig().emulator.control.setRateLimit({ perSecond: 0.001, burst: 3 });
		const replies = await Promise.all(Array.from({ length: 8 }, () => rig().issue()));
		expect(replies.filter(({ status }) => status === 200)).toHaveLength(3);
		const rejected = replies.find(({ status }) => status === 429);
		expect(rejected?.body).toEqual({ error: 429, message: 'Too many requests' });
		expect(rejected?.headers.get('retry-after')).toBeNull();
		expect(rig().emulator.control.counts()).toMatchObject({
			rateLimited: 5,
			issuances: 3,
			byStatus: { 200: 3, 429: 5 },
		});
	});

	test('refills with time, says when, and can be lifted', async () => {
		const { control } = rig().emulator;
		control.setRateLimit({ perSecond: 0.01, retryAfter: { seconds: 2 } });
		expect((await rig().issue()).status).toBe(200);
		expect((await rig().issue()).headers.get('retry-after')).toBe('2');
		control.setTime({ advanceMs: 100_000 });
		expect((await rig().issue()).status).toBe(200);
		expect((await rig().issue()).status).toBe(429);
		control.setRateLimit({ perSecond: null });
		expect((await rig().issue()).status).toBe(200);
	});
});

test('counts requests in flight and connections', async () => {
	const { control } = rig().emulator;
	control.setSettings({ latencyMs: 100 });
	await Promise.all(Array.from({ length: 5 }, () => rig().issue()));
	expect(control.counts()).toMatchObject({
		requests: 5,
		maxInFlight: 5,
		inFlight: 0,
		connections: 5,
	});
	control.setSettings({ latencyMs: 0 });
	control.clearRecord();
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	const ask = (): Promise<void> =>
		new Promise((resolve) => {
			get(rig().emulator.baseUrl, { agent }, (res) => res.resume().once('end', resolve));
		});
	await Promise.all([ask(), ask()]);
	await ask();
	expect(control.counts()).toMatchObject({ requests: 3, maxInFlight: 1, connections: 1 });
	agent.destroy();
});

test('a port in use is an error', async () => {
	await expect(startEmulator({ port: rig().emulator.port })).rejects.toThrow('EADDRINUSE');
});

test('only loopback is listened on', async () => {
	await expect(startEmulator({ host: '0.0.0.0' })).rejects.toThrow('loopback only');
});

test('close ends what hangs, and frees the port', async () => {
	const emulator = await startEmulator();
	emulator.control.injectFault({ kind: 'hang' });
	const hanging = reasonOf(fetch(`${emulator.baseUrl}/credentials/status?coreClaimHash=ab`));
	await eventually(() => emulator.control.counts().inFlight === 1);
	await emulator.close();
	expect(await hanging).toMatch(BROKEN);
	const server = createServer().listen(emulator.port, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	await new Promise((resolve) => server.close(resolve));
});
