import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import dns from 'node:dns';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { errorCatalogue } from '../../../errors/errorCatalogue';
import { forgetLimits } from '../../../air/pacing/HostLimiter';
import { closeLedgers, openLedger } from '../../../issuance/session/openLedger';
import { fasterPauses } from '../../support/fasterPauses';
import { Gateway, type Behaviour } from '../../support/gateway';
import { certificateForLocalhost } from '../../support/postgresCertificate';
import { reportRow } from '../../support/report';
import { startTestAir, type TestAir } from '../air';
import { acceptedFor, cellImbalances, type Ending } from './books';
import { execute, settings, type Setting } from './execution';
import { issueFaults, type IssueFault } from './issueFaults';
import { pool } from './pool';

/** What AIR is left alone for passes faster here: a minute takes three seconds. */
fasterPauses(20);

/**
 * Fault × setting at the POST to AIR: three people, the fault meets the second of them (or the network
 * meets all), then the same event is delivered again with nothing in the way. At the end the books
 * balance: the ledger, AIR and the items say the same.
 */
const PEOPLE = ['ada', 'bob', 'cyd'];
const MET = 'bob';
/** Cells wait most of the time: for pauses, repeats and timeouts. No more than connections are kept to. */
const AT_ONCE = 12;

jest.setTimeout(600_000);

let folder: string;
let trusted: string[];
const good = certificateForLocalhost();
const elsewhere = certificateForLocalhost({ name: 'air.example.com' });
const expired = certificateForLocalhost({ expiresInMs: -60_000 });
/** The names that no resolver knows at present. */
const unresolved = new Set<string>();

interface NetworkFault {
	readonly name: string;
	readonly code: keyof typeof errorCatalogue;
	readonly behaviour: Behaviour;
	/** Of the base URL. */
	readonly host: string;
	readonly scheme: 'http' | 'https';
	readonly requestTimeout?: number;
}

const tlsWith = (certificate: typeof good): Behaviour => ({ kind: 'tls', certificate });

/** What never reaches AIR. */
const networkFaults: readonly NetworkFault[] = [
	{
		name: 'nobody listens',
		code: 'AIR_CONNECTION_REFUSED',
		behaviour: { kind: 'closed' },
		host: '127.0.0.1',
		scheme: 'http',
	},
	{
		name: 'no such name',
		code: 'AIR_DNS',
		behaviour: { kind: 'pass' },
		host: 'air.books.example',
		scheme: 'http',
	},
	{
		name: 'a certificate that nobody trusts',
		code: 'AIR_TLS',
		behaviour: tlsWith(certificateForLocalhost()),
		host: 'localhost',
		scheme: 'https',
	},
	{
		name: 'a certificate for another name',
		code: 'AIR_TLS',
		behaviour: tlsWith(elsewhere),
		host: 'localhost',
		scheme: 'https',
	},
	{
		name: 'a certificate that has expired',
		code: 'AIR_TLS',
		behaviour: tlsWith(expired),
		host: 'localhost',
		scheme: 'https',
	},
	{
		name: 'no TLS at all',
		code: 'AIR_TLS',
		behaviour: { kind: 'pass' },
		host: 'localhost',
		scheme: 'https',
	},
	{
		name: 'a handshake that never ends',
		code: 'AIR_CONNECT_TIMEOUT',
		behaviour: { kind: 'silent' },
		host: 'localhost',
		scheme: 'https',
		requestTimeout: 1,
	},
	{
		name: 'a handshake that is broken off',
		code: 'AIR_CONNECT_FAILED',
		behaviour: { kind: 'hang up' },
		host: 'localhost',
		scheme: 'https',
	},
];

interface Cell {
	readonly place: 'request' | 'network';
	readonly fault: IssueFault | NetworkFault;
	readonly setting: Setting;
}

interface Outcome {
	readonly first: ReadonlyMap<string, Ending>;
	readonly second: ReadonlyMap<string, Ending>;
	/** For whom the fault was. */
	readonly accepted: number;
	readonly imbalances: readonly string[];
}

const cells: Cell[] = settings.flatMap((setting) => [
	...issueFaults.map((fault): Cell => ({ place: 'request', fault, setting })),
	...networkFaults.map((fault): Cell => ({ place: 'network', fault, setting })),
]);

/** Delivers the event twice, the first time with the fault. */
async function run({ fault, setting }: Cell): Promise<Outcome> {
	// All cells share a ledger, and an address may come twice.
	const air = await startTestAir({ partnerId: randomUUID() });
	const gateway = await Gateway.start(air.emulator.port);
	try {
		const options =
			fault.requestTimeout === undefined ? {} : { requestTimeout: fault.requestTimeout };
		const baseUrl =
			'host' in fault ? `${fault.scheme}://${fault.host}:${gateway.port}/v1` : air.emulator.baseUrl;
		const credential = { ...air.credential, ledger: 'embedded', baseUrl };
		await begin(fault, air, gateway);
		const first = await execute(credential, PEOPLE, setting, options);
		await end(fault, air, gateway);
		const again = { ...setting, retryOnFail: false };
		const second = await execute(credential, PEOPLE, again);
		return await outcomeOf(air, baseUrl, setting, first, second);
	} finally {
		await gateway.close();
		await air.close();
	}
}

async function begin(fault: Cell['fault'], air: TestAir, gateway: Gateway): Promise<void> {
	if (!('host' in fault)) {
		for (const input of fault.inject) {
			const times = fault.always === true ? null : 1;
			air.emulator.control.injectFault({
				...input,
				operation: 'issue',
				recipient: `${MET}@example.com`,
				times,
			});
		}
		return;
	}
	if (fault.code === 'AIR_DNS') unresolved.add(fault.host);
	await gateway.behave(fault.behaviour);
}

async function end(fault: Cell['fault'], air: TestAir, gateway: Gateway): Promise<void> {
	air.emulator.control.clearFaults();
	// Some hours later: nobody remembers a pause.
	forgetLimits();
	if (!('host' in fault)) return;
	unresolved.delete(fault.host);
	await gateway.behave(fault.scheme === 'https' ? tlsWith(good) : { kind: 'pass' });
}

async function outcomeOf(
	air: TestAir,
	baseUrl: string,
	{ sendAgain }: Setting,
	first: ReadonlyMap<string, Ending>,
	second: ReadonlyMap<string, Ending>,
): Promise<Outcome> {
	const { control } = air.emulator;
	const opened = await openLedger({ store: 'embedded' });
	if (opened === undefined) throw new Error('no ledger');
	const all = await opened.ledger.list({ limit: 1_000_000 });
	const rows = all.filter(
		({ realm }) => realm === `${baseUrl} ${String(air.credential.partnerId)}`,
	);
	const recipients = PEOPLE.map((name) => `${name}@example.com`);
	const endings = new Map(
		recipients.map((recipient) => [
			recipient,
			[first.get(recipient), second.get(recipient)].filter((ending) => ending !== undefined),
		]),
	);
	const revoked = new Set(
		control
			.issuances()
			.filter(({ revokedBy }) => revokedBy !== undefined)
			.map(({ coreClaimHash }) => coreClaimHash),
	);
	const requests = control.requests();
	return {
		first,
		second,
		accepted: acceptedFor(requests, `${MET}@example.com`).length,
		imbalances: cellImbalances({ rows, requests, endings, sendAgain, revoked }),
	};
}

const ISSUED = 'issued';

/** How the first delivery ends for whom the fault meets. */
function firstOf({ fault, setting }: Cell): string {
	if ('host' in fault) return fault.code;
	const { known, code = ISSUED, always = false, final = false } = fault;
	const { retryOnFail, sendAgain, onDuplicate } = setting;
	switch (known) {
		case 'nothing':
			return ISSUED;
		case 'not-sent':
			return always ? code : ISSUED;
		case 'refused':
			// n8n runs the node once more.
			return retryOnFail && !always ? ISSUED : code;
		case 'unknown':
			if (retryOnFail) return 'AIR_ISSUED_UNKNOWN';
			return (sendAgain || onDuplicate === 'ignore') && !always && !final ? ISSUED : code;
	}
}

/** How the second one ends. */
function secondOf(cell: Cell): string {
	const first = firstOf(cell);
	const { sendAgain, onDuplicate } = cell.setting;
	// What never reached AIR is never unknown.
	const unknown = first !== ISSUED && 'known' in cell.fault && cell.fault.known === 'unknown';
	return unknown && !sendAgain && onDuplicate === 'revoke' ? 'AIR_ISSUED_UNKNOWN' : ISSUED;
}

const wordOf = (ending: Ending | undefined) =>
	ending === undefined ? 'not said' : ending.how === 'issued' ? ISSUED : ending.code;

let outcomes: Map<Cell, Outcome | Error>;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	folder = mkdtempSync(join(tmpdir(), 'moca-air-faults-'));
	process.env.N8N_USER_FOLDER = folder;
	trusted = tls.getCACertificates('default');
	tls.setDefaultCACertificates([...trusted, good.cert, elsewhere.cert, expired.cert]);
	const { lookup } = dns;
	jest.spyOn(dns, 'lookup').mockImplementation(((
		name: string,
		options: dns.LookupOptions,
		callback: (error: NodeJS.ErrnoException | null, found?: unknown) => void,
	) => {
		if (name !== 'air.books.example') {
			(lookup as (...args: unknown[]) => void)(name, options, callback);
		} else if (unresolved.has(name)) {
			callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
		} else {
			callback(null, [{ address: '127.0.0.1', family: 4 }]);
		}
	}) as typeof dns.lookup);
	outcomes = await pool(cells, AT_ONCE, (cell) =>
		run(cell).catch((error: unknown) =>
			error instanceof Error ? error : new Error(String(error)),
		),
	);
}, 900_000);

afterAll(async () => {
	jest.restoreAllMocks();
	tls.setDefaultCACertificates(trusted);
	await closeLedgers();
	await closeDispatchers();
	rmSync(folder, { recursive: true, force: true });
});

test.each(cells.map((cell) => [cell.fault.name, cell.setting.name, cell] as const))(
	'%s, %s',
	(_fault, _setting, cell) => {
		const outcome = outcomes.get(cell);
		if (!(outcome !== undefined && 'first' in outcome)) {
			throw outcome ?? new Error('the cell was not run');
		}
		const { first, second, accepted, imbalances } = outcome;
		// Of an execution that stopped, only one item's end is known.
		const one = [`${MET}@example.com`, ...first.keys()].find((email) => first.has(email)) ?? '';
		reportRow({
			Place: cell.place === 'network' ? 'on the way to AIR' : 'at the POST',
			Fault: cell.fault.name,
			Setting: cell.setting.name,
			First: wordOf(first.get(one)),
			Again: wordOf(second.get(one)),
			Accepted: accepted,
		});
		expect(imbalances).toEqual([]);
		const emails = PEOPLE.map((name) => `${name}@example.com`);
		const met = cell.place === 'network' ? emails : [`${MET}@example.com`];
		for (const email of met) {
			// Of an execution that stopped, only what stopped it is known.
			const ending = first.get(email);
			if (ending !== undefined) expect(wordOf(ending)).toBe(firstOf(cell));
		}
		const told = 'everybody' in cell.fault ? emails : met;
		expect(told.some((email) => first.has(email))).toBe(true);
		// Nobody else is the worse for it, and at the end each of them has theirs.
		for (const email of emails) {
			expect(wordOf(second.get(email))).toBe(met.includes(email) ? secondOf(cell) : ISSUED);
		}
	},
);
