import { randomUUID } from 'node:crypto';
import type { SettingsInput } from '../../../emulator';
import { pool } from '../../engine/faults/pool';
import { reportRow } from '../../support/report';
import { startDirectRig, type DirectRig } from '../../unit/emulator/directSupport';
import {
	endingOf,
	imbalancesOf,
	lyingFor,
	numbersBy,
	wordOf,
	type Ending,
} from '../../unit/issuance/direct/matrix/books';
import { issuerOn, type Where } from '../../unit/issuance/direct/support';
import {
	sharedLedgers,
	STORES,
	type Shared,
	type SharedLedgers,
	type Store,
} from './sharedLedgers';
import { spawnIssuer } from './spawnIssuer';
import type { Told } from './worker';

/**
 * One direct issuance in a process that is killed, or stopped for longer than its lease, at each of its
 * moments: before and after each call of the ledger, and at each step of each request. Then another
 * process issues the same event, and the one that was stopped goes on. At the end the books balance.
 */
const EVENT = 'event';
const AT_ONCE = 3;

jest.setTimeout(1_800_000);

let rig: DirectRig;
let ledgers: SharedLedgers;
let pem: string;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	[rig, ledgers] = await Promise.all([startDirectRig(), sharedLedgers()]);
	pem = rig.signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
});

afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await rig.close();
	await ledgers.remove();
});

interface Result {
	/** Where the other process was struck; undefined if it was not. */
	readonly moment: string | undefined;
	/** What the struck process told in the end. */
	readonly struck: Told;
	readonly last: Ending;
	readonly imbalances: readonly string[];
	/** How often the store was asked after the strike. */
	readonly sentAgain: number;
}

async function strike(
	store: Store,
	signal: 'SIGKILL' | 'SIGSTOP',
	at: number | undefined,
): Promise<Result> {
	const shared = await ledgers.open(store);
	try {
		return await struck(shared, signal, at);
	} finally {
		await shared.ledger.close();
	}
}

async function struck(
	{ store, ledger, sql, later }: Shared,
	signal: 'SIGKILL' | 'SIGSTOP',
	at: number | undefined,
): Promise<Result> {
	const { emulator, issuer, signer } = rig;
	const { baseUrl, accountUrl } = emulator;
	const where: Where = { baseUrl, accountUrl, did: issuer.did, signer };
	const here = issuerOn(ledger, where);
	const recipient = `${randomUUID()}@example.com`;
	// AIR knows the key: what follows is one issuance and nothing else.
	await here.issue('first', { recipient: `${randomUUID()}@example.com` });
	const others = await numbersBy(sql);
	const work = { store, baseUrl, accountUrl, did: issuer.did, pem, recipient, event: EVENT };
	const child = spawnIssuer(at === undefined ? work : { ...work, at, signal });
	const first = await child.first;
	if (signal === 'SIGKILL') await child.ended;
	later();
	const requests = () =>
		emulator.control
			.requests()
			.filter((one) => one.operation === 'store' && one.recipient === recipient);
	const before = requests().length;
	const other = await endingOf(here.issue(EVENT, { recipient }));
	const sentAgain = requests().length - before;
	if (signal === 'SIGSTOP') child.resume();
	const told = await child.ended;
	const last = await endingOf(here.issue(EVENT, { recipient }));
	const now = await numbersBy(sql);
	const imbalances = imbalancesOf({
		row: await here.row(EVENT),
		numbers: new Map([...now.numbers].filter(([number]) => !others.numbers.has(number))),
		envelopes: now.envelopes,
		lying: await lyingFor(emulator, recipient),
		requests: requests(),
		endings: [...(told.ending === undefined ? [] : [told.ending]), other, last],
		storesAgain: emulator.control.overview().settings.repeatedStore === 'again',
	});
	const moment = at === undefined ? undefined : first.moments.at(-1);
	return { moment, struck: told, last: other, imbalances: [...imbalances], sentAgain };
}

const REPEATS: readonly SettingsInput[] = [
	{ repeatedStore: 201 },
	{ repeatedStore: 409 },
	{ repeatedStore: 'again' },
];

describe.each(STORES)('%s', (name) => {
	let moments: readonly string[];

	beforeAll(async () => {
		({
			struck: { moments },
		} = await strike(name, 'SIGKILL', undefined));
	});

	const places = () => moments.map((_, index) => index + 1);

	test('there are twenty moments and more', () => {
		expect(moments.length).toBeGreaterThanOrEqual(20);
		expect(moments.filter((one) => one === 'after beginDirect')).toHaveLength(1);
	});

	test('kill -9 at each of them: another process finishes what was begun', async () => {
		rig.emulator.control.setSettings({ repeatedStore: 201 });
		const results = await pool(places(), AT_ONCE, async (at) => await strike(name, 'SIGKILL', at));
		for (const [at, { moment, last, imbalances, sentAgain }] of results) {
			expect([moment, imbalances]).toEqual([moments[at - 1], []]);
			expect([moment, wordOf(last)]).toEqual([moment, 'issued']);
			const isRecorded = at >= moments.indexOf('after answered') + 1;
			expect([moment, sentAgain]).toEqual([moment, isRecorded ? 0 : 1]);
			if (last.how === 'issued' && isRecorded) expect(last.item.outcome).toBe('alreadyIssued');
		}
		reportRow({
			Place: 'direct issuance: processes',
			Fault: `${name}: kill -9 at ${results.size} moments`,
			Setting: '',
			First: 'nothing told',
			Again: `${results.size} issued`,
			Accepted: results.size,
		});
	});

	test.each(REPEATS)(
		'stopped for longer than its lease at each of them, and then it goes on: %j',
		async (setting) => {
			rig.emulator.control.setSettings(setting);
			const results = await pool(
				places(),
				AT_ONCE,
				async (at) => await strike(name, 'SIGSTOP', at),
			);
			const unknown: (string | undefined)[] = [];
			for (const [at, { moment, last, struck: stopped, imbalances }] of results) {
				expect([moment, imbalances]).toEqual([moments[at - 1], []]);
				// Anyone who was held up tells what the other has found out meanwhile.
				expect([moment, wordOf(stopped.ending)]).toEqual([moment, 'issued']);
				// 409 does not say that what may have been stored was: the other cannot know before it.
				const isUnknown = wordOf(last) === 'outcome-unknown';
				expect([moment, isUnknown || wordOf(last)]).toEqual([moment, isUnknown || 'issued']);
				if (isUnknown) unknown.push(moment);
			}
			expect(unknown.length > 0).toBe(setting.repeatedStore === 409);
			const other = results.size - unknown.length;
			reportRow({
				Place: 'direct issuance: processes',
				Fault: `${name}: stopped for longer than its lease at ${results.size} moments`,
				Setting: JSON.stringify(setting),
				First: `${results.size} issued`,
				Again: `the other: ${other} issued${unknown.length > 0 ? `, ${unknown.length} unknown` : ''}`,
				Accepted: results.size,
			});
		},
	);
});
