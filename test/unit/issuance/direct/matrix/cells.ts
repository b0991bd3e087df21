import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetLimits } from '../../../../../air/pacing/HostLimiter';
import { startEmulator, type SettingsInput } from '../../../../../emulator';
import type { IfHeld } from '../../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../../ledger/sqlite/openSqliteLedger';
import { partnersOf, startDirectRig, type DirectRig } from '../../../emulator/directSupport';
import { partnerOf, type Partner } from '../support';
import {
	endingOf,
	imbalancesOf,
	lyingFor,
	numbersIn,
	wordOf,
	type Ending,
	type Lying,
	type Numbers,
} from './books';
import type { DirectFault } from './faults';

/** How AIR behaves for as long as a cell takes, and how the user has set the node up. */
export interface Setting {
	readonly name: string;
	readonly air: SettingsInput;
	/** Something is wrong at AIR for long, and is put right in the end. */
	readonly putRight?: SettingsInput;
	/** The person has one already; else Issue Another. */
	readonly reissue?: true;
}

const setting = (name: string, air: SettingsInput, rest: Partial<Setting> = {}): Setting => ({
	name,
	air,
	...rest,
});

export const ORDINARY = setting('as documented', {});

export const airSettings: readonly Setting[] = [
	ORDINARY,
	setting('a repeat is 200', { repeatedStore: 200 }),
	setting('a repeat is 409', { repeatedStore: 409 }),
	setting('a repeat is stored again', { repeatedStore: 'again' }),
	setting('no storagePath', { storagePath: 'withheld' }, { putRight: { storagePath: 'sent' } }),
	setting(
		'no storagePath, a repeat is stored again',
		{ storagePath: 'withheld', repeatedStore: 'again' },
		{ putRight: { storagePath: 'sent' } },
	),
	setting(
		'201, and nothing stored',
		{ storagePath: 'lost' },
		{ putRight: { storagePath: 'sent' } },
	),
	setting('one for a person and schema', { onePerUserAndSchema: true }),
	setting('one for a person and schema, a repeat is 409', {
		onePerUserAndSchema: true,
		repeatedStore: 409,
	}),
	setting('tolerant tokens', { tolerantTokens: true }),
	setting('no signing key', { accountNulls: ['signingKey'] }, { putRight: { accountNulls: [] } }),
	setting('no encryption key', { accountNulls: ['publicKey'] }, { putRight: { accountNulls: [] } }),
	setting('no DID', { accountNulls: ['did'] }, { putRight: { accountNulls: [] } }),
	setting('a token with an address is refused', { storeRefusesEmail: true }),
	setting('keys without 0x', { hexPrefix: false }),
	setting('Reissue', {}, { reissue: true }),
	setting('Reissue, a repeat is 409', { repeatedStore: 409 }, { reissue: true }),
	setting('Reissue, a repeat is stored again', { repeatedStore: 'again' }, { reissue: true }),
	setting('Reissue, one for a person and schema', { onePerUserAndSchema: true }, { reissue: true }),
];

export interface Cell {
	readonly fault: DirectFault;
	readonly setting: Setting;
	/** The fault meets each request of the first execution. */
	readonly always: boolean;
}

export interface Outcome {
	/** One for each execution, the oldest first. */
	readonly endings: readonly Ending[];
	readonly imbalances: readonly string[];
	readonly lying: number;
}

/** What all cells share: the issuer, its documents and its key. */
export class Cells {
	private constructor(
		private readonly shared: DirectRig,
		private readonly folder: string,
	) {}

	static async start(): Promise<Cells> {
		process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
		return new Cells(await startDirectRig(), mkdtempSync(join(tmpdir(), 'moca-air-matrix-')));
	}

	async close(): Promise<void> {
		delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
		await this.shared.close();
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** Delivers one event until it is known: the first time with the fault, then with nothing in the way. */
	async run(cell: Cell): Promise<Outcome> {
		const { issuer, jwks } = this.shared;
		const emulator = await startEmulator({ ca: issuer.ca, partners: partnersOf(issuer, jwks.url) });
		// An emulator of its own has limits of its own; a port may come twice.
		forgetLimits();
		const file = join(this.folder, randomUUID(), 'ledger.sqlite');
		const { ledger } = await openSqliteLedger({ file });
		try {
			const partner = partnerOf({ ...this.shared, emulator }, ledger, file);
			return await new Run(cell, partner).play();
		} finally {
			await ledger.close();
			await emulator.close();
		}
	}
}

const EVENT = 'event';
const OLD = 'old';

class Run {
	/** Accounts are kept by address for as long as the process lives. */
	private readonly email = `${randomUUID()}@example.com`;
	private readonly endings: Ending[] = [];
	private readonly problems: string[] = [];
	private old: Lying | undefined;

	constructor(
		private readonly cell: Cell,
		private readonly partner: Partner,
	) {}

	async play(): Promise<Outcome> {
		const { fault, setting, always } = this.cell;
		const { control } = this.partner.rig.emulator;
		if (setting.reissue === true) await this.holdOne();
		control.clearRecord();
		control.setSettings(setting.air);
		const { inject, call, timeoutMs } = fault;
		const times = always ? null : 1;
		control.injectFault({ ...inject, operation: call, recipient: this.email, times });
		await this.execute(timeoutMs);
		control.clearFaults();
		// Some hours later: nobody remembers a pause.
		forgetLimits();
		await this.execute();
		if (setting.putRight !== undefined) {
			control.setSettings(setting.putRight);
			await this.execute();
		}
		await this.repeat();
		const lying = await this.ofEvent();
		const books = { ...(await this.numbers()), row: await this.partner.row(EVENT), lying };
		const requests = control.requests();
		const storesAgain = setting.air.repeatedStore === 'again';
		const { endings } = this;
		this.problems.push(...imbalancesOf({ ...books, requests, endings, storesAgain }));
		return { endings, imbalances: this.problems, lying: lying.length };
	}

	private async issue(event: string, ifHeld: IfHeld, timeoutMs?: number) {
		const how = timeoutMs === undefined ? {} : { timeoutMs };
		return await this.partner.issue(event, { recipient: this.email, ifHeld }, how);
	}

	private async execute(timeoutMs?: number): Promise<void> {
		const ifHeld = this.cell.setting.reissue === true ? 'reissue' : 'another';
		this.endings.push(await endingOf(this.issue(EVENT, ifHeld, timeoutMs)));
		await this.checkHeld();
	}

	/** What is known is answered from the ledger; nothing is sent for it. */
	private async repeat(): Promise<void> {
		const last = this.endings.at(-1);
		if (last?.how !== 'issued') return;
		const { control } = this.partner.rig.emulator;
		const before = control.requests().length;
		const again = await endingOf(this.issue(EVENT, 'another'));
		if (again.how !== 'issued' || again.item.outcome !== 'alreadyIssued') {
			this.problems.push(`again: ${wordOf(again)}`);
		} else if (again.item.externalId !== last.item.externalId) {
			this.problems.push('again: another ID');
		}
		if (control.requests().length > before) this.problems.push('again: AIR was asked');
	}

	private async holdOne(): Promise<void> {
		await this.issue(OLD, 'another');
		[this.old] = await lyingFor(this.partner.rig.emulator, this.email);
	}

	/** The person has one that stands, at any time, and the old one stands until the new one is known. */
	private async checkHeld(): Promise<void> {
		if (this.old === undefined) return;
		const { numbers } = await numbersIn(this.partner.file);
		const isReplaced = numbers.get(this.old.number) === true;
		const isKnown = this.endings.at(-1)?.how === 'issued';
		if (isReplaced !== isKnown) {
			this.problems.push(
				`the old one is ${isReplaced ? '' : 'not '}revoked at ${this.endings.length}`,
			);
		}
		const row = await this.partner.row(OLD);
		if (row?.state !== (isKnown ? 'superseded' : 'stored')) {
			this.problems.push(`the row of the old one is ${row?.state ?? 'gone'}`);
		}
	}

	private async ofEvent(): Promise<Lying[]> {
		const all = await lyingFor(this.partner.rig.emulator, this.email);
		return all.filter(({ externalId }) => externalId !== this.old?.externalId);
	}

	private async numbers(): Promise<Numbers> {
		const { numbers, envelopes } = await numbersIn(this.partner.file);
		const own = [...numbers].filter(([number]) => number !== this.old?.number);
		return { numbers: new Map(own), envelopes };
	}
}

/** Faults that leave an answer its status. */
const OF_THE_BODY: ReadonlySet<string> = new Set(['setField', 'dropField', 'encode']);

/** What AIR says it has not stored is sealed once more after these; after a pause the same bytes are sent. */
const isSealedAnew = ({ worked, askedAgain }: DirectFault) => worked && askedAgain === true;

type Word = 'issued' | 'not-sent' | 'refused' | 'outcome-unknown';

/** How the first delivery ends. */
export function firstOf({ fault, setting, always }: Cell): Word {
	const { known, call, worked, final = false } = fault;
	const { storagePath = 'sent', repeatedStore = 201, accountNulls = [] } = setting.air;
	// The account of a holder was looked up minutes ago.
	if (call === 'account' && setting.reissue !== true) {
		if (known === 'refused') return 'refused';
		if (known !== 'nothing' && (always || final)) return 'not-sent';
	}
	if (accountNulls.length > 0) return 'not-sent';
	const refusesSecond = setting.air.onePerUserAndSchema === true && setting.reissue === true;
	if (call === 'store') {
		if (known === 'refused' && (always || fault.askedAgain !== true)) return 'refused';
		if (known === 'not-sent' && always) return 'not-sent';
		// It says that it did nothing, and has stored it.
		if (isSealedAnew(fault)) {
			if (setting.air.onePerUserAndSchema === true) return 'refused';
		} else if (known === 'not-sent' && worked && repeatedStore === 409) return 'refused';
		if (known === 'unknown') {
			// 409 is 409, whatever becomes of the rest of the answer.
			if (refusesSecond && worked && OF_THE_BODY.has(fault.inject.kind)) return 'refused';
			if (always || final || refusesSecond) return 'outcome-unknown';
			if (worked && storagePath !== 'lost' && repeatedStore === 409) return 'outcome-unknown';
		}
	}
	if (refusesSecond) return 'refused';
	return storagePath === 'sent' ? 'issued' : 'outcome-unknown';
}

/** How the last one ends. */
export function lastOf(cell: Cell): Word {
	const { fault, setting } = cell;
	const first = firstOf(cell);
	const { repeatedStore, onePerUserAndSchema } = setting.air;
	const lies = fault.call === 'store' && fault.worked && fault.known !== 'nothing';
	const refusesSecond = onePerUserAndSchema === true && setting.reissue === true;
	if (first === 'outcome-unknown') {
		if (refusesSecond || (repeatedStore === 409 && lies)) return 'outcome-unknown';
	} else if (first !== 'issued') {
		if (refusesSecond || (onePerUserAndSchema === true && lies)) return 'refused';
	}
	return 'issued';
}
