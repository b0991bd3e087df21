import { DatabaseSync } from 'node:sqlite';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { newSigner, PARTNER } from '../../emulator/support';
import { airErrorOf } from '../support';
import { endingOf, lyingFor, numbersIn, wordOf } from './matrix/books';
import { issuerOn, usePartner, type Issuer } from './support';

const partner = usePartner();

const control = () => partner().rig.emulator.control;
const ADA = 'ada@example.com';
const LATER_MS = 10 * 60_000;

const opened: Ledger[] = [];
afterEach(async () => {
	await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
});

/** Another process on the same ledger; with a clock that is ahead, leases have run out. */
async function another(aheadMs = 0): Promise<Issuer> {
	const { ledger } = await openSqliteLedger({
		file: partner().file,
		clockOffsetMs: () => aheadMs,
	});
	opened.push(ledger);
	const { emulator, issuer, signer } = partner().rig;
	const { baseUrl, accountUrl } = emulator;
	return issuerOn(ledger, { baseUrl, accountUrl, did: issuer.did, signer });
}

/** The ledger of a process that is held up, once, after a call of this name has been answered. */
const heldUpAfter = (name: keyof Ledger, meanwhile: () => Promise<unknown>): Ledger => {
	let once = meanwhile;
	return new Proxy(partner().ledger, {
		get: (target, member) => {
			const found: unknown = Reflect.get(target, member);
			if (typeof found !== 'function') return found;
			return async (...given: unknown[]): Promise<unknown> => {
				const answer: unknown = await Reflect.apply(found, target, given);
				if (member === name) {
					const work = once;
					once = async () => {
						await Promise.resolve();
					};
					await work();
				}
				return answer;
			};
		},
	});
};

/** What of Ada's lies at AIR and is not revoked. */
async function standing(): Promise<string[]> {
	const lying = await lyingFor(partner().rig.emulator, ADA);
	const { numbers } = await numbersIn(partner().file);
	return lying.filter(({ number }) => numbers.get(number) === false).map((one) => one.externalId);
}

describe('two that issue one event', () => {
	test.each([201, 409, 'again'] as const)(
		'held up for longer than its lease before it sends (a repeat: %s): what the other has stored is told',
		async (repeatedStore) => {
			await partner().issue('first', { recipient: 'first@example.com' });
			control().setSettings({ repeatedStore });
			const other = await another(LATER_MS);
			const ledger = heldUpAfter('beginDirect', async () => {
				expect(await other.issue('1')).toMatchObject({ outcome: 'issued' });
			});
			const told = await partner().issue('1', {}, { ledger });
			const again = await partner().issue('1');
			expect(told.externalId).toBe(again.externalId);
			expect(new Set(partner().bodies()).size).toBe(2);
			expect(await standing()).toEqual(
				Array<string | undefined>(repeatedStore === 'again' ? 2 : 1).fill(again.externalId),
			);
			expect(await partner().row('1')).toMatchObject({ state: 'stored' });
		},
	);
});

describe('reissue', () => {
	test('two at once, ten times: one person holds one, the newest', async () => {
		const other = await another();
		await partner().issue('0');
		for (let round = 0; round < 10; round++) {
			const before = await standing();
			expect(before).toHaveLength(1);
			const ended = await Promise.all(
				[partner(), other].map(async (one, index) => {
					return await endingOf(one.issue(`${round}-${index}`, { ifHeld: 'reissue' }));
				}),
			);
			expect(ended.map(wordOf)).toEqual(['issued', 'issued']);
			const after = await standing();
			expect(after).toHaveLength(1);
			expect(after).not.toEqual(before);
		}
		expect(await partner().ledger.totals()).toEqual({ superseded: 20, stored: 1 });
	}, 60_000);

	test('a lost answer, two at once and again: never both, never neither', async () => {
		const other = await another();
		const { externalId } = await partner().issue('0');
		control().injectFault({ kind: 'reset', operation: 'store', afterWork: true, times: 4 });
		const lost = await endingOf(partner().issue('1', { ifHeld: 'reissue' }));
		expect(wordOf(lost)).toBe('outcome-unknown');
		expect(await standing()).toContain(externalId);
		expect(await partner().row('0')).toMatchObject({ state: 'stored' });
		const ended = await Promise.all([
			endingOf(partner().issue('1', { ifHeld: 'reissue' })),
			endingOf(other.issue('1', { ifHeld: 'reissue' })),
		]);
		expect(ended.map(wordOf)).toEqual(['issued', 'issued']);
		const row = await partner().row('1');
		expect(await standing()).toEqual([row?.externalId]);
		expect(await partner().row('0')).toMatchObject({ state: 'superseded' });
	}, 60_000);

	test('a late answer of a reissue that was itself replaced takes nothing away', async () => {
		await partner().issue('0');
		const other = await another(LATER_MS);
		let newest: string | undefined;
		const ledger = heldUpAfter('beginDirect', async () => {
			await other.issue('1', { ifHeld: 'reissue' });
			({ externalId: newest } = await other.issue('2', { ifHeld: 'reissue' }));
		});
		await endingOf(partner().issue('1', { ifHeld: 'reissue' }, { ledger }));
		expect(await standing()).toEqual([newest]);
		expect(await partner().row('2')).toMatchObject({ state: 'stored' });
	}, 60_000);
});

describe('an answer to what was replaced meanwhile by other bytes', () => {
	/** The account was given other keys: what was sealed before is of no use. */
	const withOtherKeys = () => {
		const { holderKey } = { holderKey: '302a300506032b656e032100' };
		const database = new DatabaseSync(partner().file);
		database.exec(`UPDATE envelopes SET holder_key = '${holderKey}${'00'.repeat(32)}'`);
		database.close();
	};

	test('is not taken for the one that replaced it', async () => {
		await partner().issue('first', { recipient: 'first@example.com' });
		const other = await another(LATER_MS);
		let second: string | undefined;
		const ledger = heldUpAfter('beginDirect', async () => {
			withOtherKeys();
			control().injectFault({ kind: 'answer', operation: 'store', status: 500, times: 4 });
			await airErrorOf(() => other.issue('1'));
			second = (await partner().row('1'))?.externalId ?? '';
		});
		const told = await endingOf(partner().issue('1', {}, { ledger }));
		expect(told).toMatchObject({ how: 'error', kind: 'outcome-unknown' });
		const row = await partner().row('1');
		expect(row).toMatchObject({ state: 'unknown', externalId: second });
		expect(await standing()).toEqual([]);
		const later = await partner().issue('1');
		expect(later).toMatchObject({ outcome: 'issued', externalId: second });
		expect(await standing()).toEqual([second]);
	}, 60_000);
});

test('with different keys under one Key ID: who begins second signs nothing', async () => {
	const here = partner();
	const { rig, ledger } = here;
	const other = newSigner();
	const next = await here.issuer({ signer: other });
	// AIR has known the other key: the account was looked up with it.
	rig.publish(other);
	await ledger.acceptKey(`${rig.emulator.baseUrl} ${PARTNER}`, next.client.identity.key.thumbprint);
	await next.client.account(ADA);
	rig.publish(rig.signer);
	control().clearJwks();
	const held = heldUpAfter(
		'otherKey',
		async () => await here.issue('1', { recipient: 'eve@example.com' }),
	);
	const error = await airErrorOf(
		async () => await here.issue('2', {}, { issuer: next, ledger: held }),
	);
	expect(error.code).toBe('AIR_KEY_ID_TAKEN');
	expect(await here.row('2')).toBeUndefined();
	expect(await ledger.liveKeys(`${rig.emulator.baseUrl} ${PARTNER}`)).toHaveLength(1);
});
