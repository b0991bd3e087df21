import {
	type DirectBegun,
	type DirectRequest,
	type DirectSeal,
	type IfHeld,
	type Ledger,
	type SealedCredential,
	type SettleAs,
} from '../../../../ledger/Ledger';
import type { GetStore } from './store';
import { answer, DAY, eventTypes, MINUTE, REALM, request, RETENTION } from './requests';

const VCT = 'https://example.com/types/member';
const UNKNOWN = { outcome: 'unknown', reason: 'AIR_TIMEOUT' } as const;
const REJECTED = { outcome: 'rejected', reason: 'AIR_STORE_FORBIDDEN' } as const;

/** Stores what is issued directly, and what of it outlives a row. */
export function direct(store: GetStore): void {
	const asked = (
		event: string,
		changes: Partial<DirectRequest> = {},
		ifHeld: IfHeld = 'another',
	): DirectRequest => ({
		...request({
			program: VCT,
			idempotencyKey: `event:${event}`,
			rememberMs: null,
			repeatUnknown: true,
			...changes,
		}),
		ifHeld,
	});

	const sealedAs = (name: string, changes: Partial<SealedCredential> = {}): SealedCredential => ({
		externalId: `urn:uuid:${name}`,
		body: `{"data":"${name}"}`,
		revocationNumber: name.charCodeAt(0).toString().repeat(4),
		expiresAt: store().now() + 30 * DAY,
		issuer: 'did:web:example.com',
		kid: 'k1',
		publicJwk: '{}',
		holderDid: 'did:air:id:test:ada',
		holderKey: '302a',
		...changes,
	});

	const seal = (name: string, instead: string | null = null): DirectSeal => ({
		sealed: sealedAs(name),
		outlives: true,
		revocable: 'number',
		instead,
	});

	const attemptOf = (begun: DirectBegun) => {
		if (begun.outcome !== 'started') throw new Error(`expected started, not ${begun.outcome}`);
		return { issuanceId: begun.issuanceId, attempt: begun.attempt };
	};

	const begin = async (ledger: Ledger, name: string, one: DirectRequest) =>
		attemptOf(await ledger.beginDirect(one, seal(name)));

	const stored = (path: string) => answer(path, { nextCheckMs: null, userUuid: null });

	const numbers = async () => {
		const found = await store().sql('SELECT number, revoked_at FROM credentials ORDER BY number');
		return found.map(({ number, revoked_at: at }) => [number, at !== null]);
	};

	const envelopes = async () => (await store().sql('SELECT external_id FROM envelopes')).length;

	describe('issued directly', () => {
		describe('settled by hand', () => {
			const settle = async (ledger: Ledger, as: SettleAs) => {
				const [row] = await ledger.list({ way: 'direct', limit: 1 });
				if (row === undefined) throw new Error('no row');
				const by = { instance: '', workflowId: '', executionId: '' };
				const note = 'looked into the wallet';
				return await ledger.settle({ realm: REALM, issuanceId: row.id, seen: row, as, by, note });
			};
			const found = { outcome: 'issued', coreClaimHash: null, userUuid: null } as const;

			test('as found in the wallet: stored, a replay from then on, and told', async () => {
				const { ledger } = store();
				const attempt = await begin(ledger, 'A', asked('1'));
				await ledger.failed(attempt, UNKNOWN);
				expect(await settle(ledger, found)).toMatchObject({
					outcome: 'settled',
					row: {
						state: 'stored',
						coreClaimHash: null,
						nextCheckAt: null,
						externalId: 'urn:uuid:A',
					},
				});
				expect(await envelopes()).toBe(0);
				expect(await ledger.lookDirect(asked('1'))).toMatchObject({ outcome: 'answered' });
				expect(await eventTypes(ledger)).toEqual(['unknown', 'stored']);
				expect(await numbers()).toEqual([['65656565', false]]);
				// What AIR calls it may still come.
				await ledger.answered(attempt, stored('dstorage://vc/1'));
				expect(await ledger.list({ limit: 1 })).toMatchObject([
					{ state: 'stored', coreClaimHash: 'dstorage://vc/1' },
				]);
				expect(await ledger.list({ way: 'on-behalf', limit: 9 })).toEqual([]);
			});

			test('as not stored: sealed again, and the number of what was sealed before is revoked', async () => {
				const { ledger } = store();
				const attempt = await begin(ledger, 'A', asked('1'));
				await ledger.failed(attempt, UNKNOWN);
				await settle(ledger, { outcome: 'not-issued' });
				expect(await envelopes()).toBe(0);
				const seen = await ledger.lookDirect(asked('1'));
				expect(seen).toMatchObject({ outcome: 'open', sealed: undefined, mayBeStored: false });
				await begin(ledger, 'B', asked('1'));
				expect(await numbers()).toEqual([
					['65656565', true],
					['66666666', false],
				]);
			});

			test('as found in the wallet: what it was to replace is replaced', async () => {
				const { ledger } = store();
				await ledger.answered(await begin(ledger, 'A', asked('1')), stored('dstorage://vc/1'));
				await ledger.answered(
					await begin(ledger, 'C', asked('3', { recipient: 'bob@example.com' })),
					stored('dstorage://vc/3'),
				);
				const attempt = await begin(ledger, 'B', asked('2', {}, 'reissue'));
				await ledger.failed(attempt, UNKNOWN);
				expect(await settle(ledger, found)).toMatchObject({ outcome: 'settled' });
				expect(await ledger.totals()).toEqual({ superseded: 1, stored: 2 });
				expect(await numbers()).toEqual([
					['65656565', true],
					['66666666', false],
					['67676767', false],
				]);
				expect(await eventTypes(ledger)).toEqual([
					'stored',
					'stored',
					'unknown',
					'stored',
					'superseded',
				]);
				// Told once, whatever AIR answers later.
				await ledger.answered(attempt, { ...stored('dstorage://vc/2'), supersedes: true });
				expect(await ledger.totals()).toEqual({ superseded: 1, stored: 2 });
			});

			test('as found in the wallet, issued beside another: both stand', async () => {
				const { ledger } = store();
				await ledger.answered(await begin(ledger, 'A', asked('1')), stored('dstorage://vc/1'));
				await ledger.failed(await begin(ledger, 'B', asked('2')), UNKNOWN);
				await settle(ledger, found);
				expect(await ledger.totals()).toEqual({ stored: 2 });
			});

			test('to be sent again: the same bytes', async () => {
				const { ledger } = store();
				await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
				await settle(ledger, { outcome: 'send-again' });
				expect(await ledger.lookDirect(asked('1'))).toMatchObject({
					outcome: 'open',
					sealed: { externalId: 'urn:uuid:A' },
					mayBeStored: true,
					corrected: false,
				});
			});

			test('to be sent again with other claims: those that were sealed are not taken for them', async () => {
				const { ledger } = store();
				await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
				const other = asked('1', { subjectHmac: 'hmac-2' });
				expect(await ledger.lookDirect(other)).toMatchObject({ outcome: 'conflict' });
				await settle(ledger, { outcome: 'send-again' });
				expect(await ledger.lookDirect(other)).toMatchObject({
					outcome: 'open',
					mayBeStored: true,
					corrected: true,
				});
				// Under another private key nobody can compare them.
				const rotated = asked('1', { subjectHmac: 'hmac-2', keyThumbprint: 'thumbprint-2' });
				expect(await ledger.lookDirect(rotated)).toMatchObject({ corrected: false });
			});

			test('to be sent again, and not yet sent: still unknown to all who issue to the person', async () => {
				const { ledger } = store();
				await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
				await settle(ledger, { outcome: 'send-again' });
				for (const ifHeld of ['keep', 'reissue'] as const) {
					expect(await ledger.lookDirect(asked('2', {}, ifHeld))).toMatchObject({
						outcome: 'unknown',
						row: { externalId: 'urn:uuid:A' },
					});
				}
				expect(await ledger.lookDirect(asked('1', {}, 'keep'))).toMatchObject({ outcome: 'open' });
				// Somebody has looked after all.
				expect(await settle(ledger, { outcome: 'not-issued' })).toMatchObject({
					outcome: 'settled',
				});
				for (const event of ['1', '2']) {
					expect(await ledger.lookDirect(asked(event, {}, 'keep'))).toMatchObject({
						outcome: 'open',
						mayBeStored: false,
					});
				}
				expect(await settle(ledger, found)).toMatchObject({ outcome: 'changed' });
			});
		});

		describe('whose lease ran out long ago, noticed by nobody', () => {
			const content = (ifHeld: IfHeld) => asked('1', { rememberMs: DAY }, ifHeld);

			test.each(['keep', 'reissue'] as const)(
				'%s: the very same bytes of the very same row',
				async (ifHeld) => {
					const { ledger, advance } = store();
					const first = await begin(ledger, 'A', content(ifHeld));
					advance(2 * DAY);
					expect(await ledger.lookDirect(content(ifHeld))).toMatchObject({
						outcome: 'open',
						row: { state: 'unknown' },
						sealed: { externalId: 'urn:uuid:A' },
						mayBeStored: true,
					});
					const again = await ledger.beginDirect(content(ifHeld), seal('A', 'urn:uuid:A'));
					expect(again).toMatchObject({ ...first, outcome: 'started', attempt: 2 });
					await ledger.answered(attemptOf(again), stored('dstorage://vc/1'));
					expect(await ledger.list({ limit: 9 })).toMatchObject([
						{ way: 'direct', state: 'stored', externalId: 'urn:uuid:A' },
					]);
					expect(await numbers()).toEqual([['65656565', false]]);
				},
			);

			test.each([
				['nobody has noticed', false],
				['somebody has', true],
			])('another: no longer remembered, so another row; %s', async (_, noticed) => {
				const { ledger, advance } = store();
				const first = await begin(ledger, 'A', content('another'));
				advance(2 * DAY);
				if (noticed) await ledger.endLeases({ limit: 10 });
				expect(await ledger.lookDirect(content('another'))).toMatchObject({
					outcome: 'open',
					row: undefined,
					sealed: undefined,
				});
				const again = await ledger.beginDirect(content('another'), seal('A', 'urn:uuid:A'));
				expect(again).toEqual({ outcome: 'changed' });
				const second = await begin(ledger, 'B', content('another'));
				await ledger.answered(second, stored('dstorage://vc/2'));
				await ledger.answered(first, stored('dstorage://vc/1'));
				expect(await ledger.list({ limit: 9 })).toMatchObject([
					{ way: 'direct', state: 'stored', externalId: 'urn:uuid:B' },
					{ way: 'direct', state: 'stored', externalId: 'urn:uuid:A' },
				]);
				expect(await numbers()).toEqual([
					['65656565', false],
					['66666666', false],
				]);
			});

			test('an overtaken attempt was answered meanwhile: a replay, for which no account is looked up', async () => {
				const { ledger, advance } = store();
				const first = await begin(ledger, 'A', asked('1'));
				await ledger.failed(first, UNKNOWN);
				await ledger.beginDirect(asked('1'), seal('A', 'urn:uuid:A'));
				const { answeredAt } = await ledger.answered(first, stored('dstorage://vc/1'));
				advance(DAY);
				const known = {
					outcome: 'answered',
					row: { state: 'stored', coreClaimHash: 'dstorage://vc/1', answeredAt, leaseUntil: null },
				};
				const seen = await ledger.lookDirect(asked('1'));
				expect(seen).toMatchObject(known);
				await ledger.endLeases({ limit: 10 });
				const written = await ledger.lookDirect(asked('1'));
				expect(written).toMatchObject(known);
				expect('row' in seen && 'row' in written && { ...seen.row, nextCheckAt: null }).toEqual(
					'row' in written && { ...written.row, nextCheckAt: null },
				);
			});
		});

		describe('that may have been stored, half a year ago', () => {
			const year = () => ({
				...seal('A'),
				sealed: sealedAs('A', { expiresAt: store().now() + 365 * DAY }),
			});

			test.each(['keep', 'reissue'] as const)(
				'%s: it is finished first, for as long as it would be valid',
				async (ifHeld) => {
					const { ledger, advance } = store();
					const begun = await ledger.beginDirect(asked('1'), year());
					await ledger.failed(attemptOf(begun), UNKNOWN);
					advance(200 * DAY);
					await ledger.prune(RETENTION);
					expect(await ledger.lookDirect(asked('2', {}, ifHeld))).toMatchObject({
						outcome: 'unknown',
						row: { externalId: 'urn:uuid:A' },
					});
					expect(await ledger.lookDirect(asked('1', {}, ifHeld))).toMatchObject({
						outcome: 'open',
						sealed: { externalId: 'urn:uuid:A' },
					});
					advance(170 * DAY);
					await ledger.prune(RETENTION);
					expect(await ledger.totals()).toEqual({ abandoned: 1 });
					const { outcome } = await ledger.lookDirect(asked('2', {}, ifHeld));
					expect(outcome).toBe('open');
				},
			);

			test('and is to be sent again: retention leaves it alone for as long', async () => {
				const { ledger, advance } = store();
				const begun = await ledger.beginDirect(asked('1'), year());
				await ledger.failed(attemptOf(begun), UNKNOWN);
				const [row] = await ledger.list({ limit: 1 });
				if (row === undefined) throw new Error('no row');
				const by = { instance: '', workflowId: '', executionId: '' };
				const as = { outcome: 'send-again' } as const;
				await ledger.settle({ realm: REALM, issuanceId: row.id, seen: row, as, by, note: null });
				const refused = await begin(ledger, 'B', asked('2', { recipient: 'bob@example.com' }));
				await ledger.failed(refused, REJECTED);
				advance(200 * DAY);
				await ledger.prune(RETENTION);
				expect(await ledger.list({ limit: 9 })).toMatchObject([{ externalId: 'urn:uuid:A' }]);
				expect(await ledger.lookDirect(asked('3', {}, 'reissue'))).toMatchObject({
					outcome: 'unknown',
				});
				advance(170 * DAY);
				await ledger.prune(RETENTION);
				expect(await ledger.totals()).toEqual({});
			});
		});

		test.each(['keep', 'reissue'] as const)(
			'two of a person that may have been stored, and then %s: the older one is finished first',
			async (ifHeld) => {
				const { ledger } = store();
				const older = await begin(ledger, 'A', asked('1'));
				const newer = await begin(ledger, 'B', asked('2'));
				for (const attempt of [older, newer]) await ledger.failed(attempt, UNKNOWN);
				const look = async (event: string) => await ledger.lookDirect(asked(event, {}, ifHeld));
				expect(await look('2')).toMatchObject({
					outcome: 'unknown',
					row: { id: older.issuanceId },
				});
				expect(await look('1')).toMatchObject({
					outcome: 'open',
					sealed: { externalId: 'urn:uuid:A' },
				});
				// While it is being sent, the other one waits.
				const again = await ledger.beginDirect(asked('1', {}, ifHeld), seal('A', 'urn:uuid:A'));
				expect(await look('2')).toMatchObject({ outcome: 'busy' });
				await ledger.answered(attemptOf(again), stored('dstorage://vc/1'));
				expect(await look('2')).toMatchObject({ outcome: ifHeld === 'keep' ? 'held' : 'open' });
			},
		);

		test('a newer one of the person that is being sent: the older one waits', async () => {
			const { ledger } = store();
			await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
			await begin(ledger, 'B', asked('2'));
			expect(await ledger.lookDirect(asked('1', {}, 'reissue'))).toMatchObject({
				outcome: 'busy',
				row: { externalId: 'urn:uuid:B' },
			});
		});

		test('sent again under another private key: the row stays that of the key that signed', async () => {
			const { ledger } = store();
			const off = { revocable: 'off' } as const;
			const first = await ledger.beginDirect(asked('1'), { ...seal('A'), ...off });
			await ledger.failed(attemptOf(first), UNKNOWN);
			const rotated = asked('1', { subjectHmac: 'hmac-2', keyThumbprint: 'thumbprint-2' });
			const again = await ledger.beginDirect(rotated, { ...seal('A', 'urn:uuid:A'), ...off });
			await ledger.answered(attemptOf(again), stored('dstorage://vc/1'));
			expect(await ledger.list({ limit: 9 })).toMatchObject([
				{ state: 'stored', keyThumbprint: 'thumbprint-1', subjectHmac: 'hmac-1' },
			]);
			expect(await ledger.liveKeys(REALM)).toMatchObject([
				{ keyThumbprint: 'thumbprint-1', credentials: 1 },
			]);
			expect(await ledger.lookDirect(rotated)).toMatchObject({ outcome: 'answered' });
		});

		test('what was sealed is kept with the attempt, and goes when it has arrived', async () => {
			const { ledger } = store();
			const attempt = await begin(ledger, 'A', asked('1'));
			expect(await envelopes()).toBe(1);
			expect(await ledger.lookDirect(asked('1'))).toMatchObject({ outcome: 'busy' });
			await ledger.answered(attempt, stored('dstorage://vc/1'));
			expect(await envelopes()).toBe(0);
			const seen = await ledger.lookDirect(asked('1'));
			expect(seen).toMatchObject({
				outcome: 'answered',
				row: {
					way: 'direct',
					state: 'stored',
					coreClaimHash: 'dstorage://vc/1',
					externalId: 'urn:uuid:A',
					revocationNumber: '65656565',
					holderDid: 'did:air:id:test:ada',
					nextCheckAt: null,
				},
			});
			expect(await eventTypes(ledger)).toEqual(['stored']);
			expect(await numbers()).toEqual([['65656565', false]]);
		});

		test('an unknown outcome: the very same bytes are given out, also to another process', async () => {
			const { ledger } = store();
			await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
			const other = await store().another();
			const seen = await other.lookDirect(asked('1'));
			expect(seen).toMatchObject({
				outcome: 'open',
				mayBeStored: true,
				sealed: { externalId: 'urn:uuid:A', body: '{"data":"A"}', kid: 'k1', holderKey: '302a' },
			});
			const again = await other.beginDirect(asked('1'), seal('A', 'urn:uuid:A'));
			expect(again).toMatchObject({ outcome: 'started', attempt: 2 });
			await other.answered(attemptOf(again), stored('dstorage://vc/1'));
			expect(await numbers()).toEqual([['65656565', false]]);
		});

		test('a process that dies leaves its bytes to the next one, once its lease has run out', async () => {
			const { ledger, advance } = store();
			await begin(ledger, 'A', asked('1'));
			advance(MINUTE + 1);
			expect(await ledger.lookDirect(asked('1'))).toMatchObject({
				outcome: 'open',
				mayBeStored: true,
				sealed: { externalId: 'urn:uuid:A' },
			});
		});

		test('another credential in its place: the number of the first is revoked in the same write', async () => {
			const { ledger } = store();
			await ledger.failed(await begin(ledger, 'A', asked('1')), REJECTED);
			expect(await ledger.lookDirect(asked('1'))).toMatchObject({ mayBeStored: false });
			const second = await ledger.beginDirect(asked('1'), seal('B', 'urn:uuid:A'));
			expect(second).toMatchObject({ outcome: 'started' });
			expect(await numbers()).toEqual([
				['65656565', true],
				['66666666', false],
			]);
			expect(await envelopes()).toBe(1);
		});

		test('a late answer to what was replaced is recorded, and never stands', async () => {
			const { ledger } = store();
			await ledger.answered(await begin(ledger, 'C', asked('0')), stored('dstorage://vc/0'));
			const first = await begin(ledger, 'A', asked('1', {}, 'reissue'));
			await ledger.failed(first, UNKNOWN);
			const second = await ledger.beginDirect(asked('1', {}, 'reissue'), seal('B', 'urn:uuid:A'));
			const late = { ...stored('dstorage://vc/1'), supersedes: true };
			expect(await ledger.answered(first, late)).toMatchObject({ replaced: true, superseded: 0 });
			expect(await ledger.answered(first, late)).toMatchObject({ replaced: true });
			expect(await ledger.failed(attemptOf(second), REJECTED)).toMatchObject({
				state: 'rejected',
				coreClaimHash: null,
				externalId: 'urn:uuid:B',
			});
			expect(await ledger.totals()).toEqual({ stored: 1, rejected: 1 });
			expect(await ledger.lookDirect(asked('1'))).toMatchObject({
				outcome: 'open',
				mayBeStored: false,
			});
			expect(await numbers()).toEqual([
				['65656565', true],
				['66666666', false],
				['67676767', false],
			]);
		});

		test('reissue: what the person holds hides nobody who is issuing to them', async () => {
			const { ledger } = store();
			await ledger.answered(await begin(ledger, 'A', asked('1')), stored('dstorage://vc/1'));
			const second = await begin(ledger, 'B', asked('2', {}, 'reissue'));
			const third = asked('3', {}, 'reissue');
			expect(await ledger.lookDirect(third)).toMatchObject({ outcome: 'busy' });
			expect(await ledger.beginDirect(third, seal('C'))).toMatchObject({ outcome: 'busy' });
			await ledger.failed(second, UNKNOWN);
			expect(await ledger.beginDirect(third, seal('C'))).toMatchObject({ outcome: 'unknown' });
		});

		test('who looked before somebody else sealed has to look again, and nothing is written', async () => {
			const { ledger } = store();
			await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
			expect(await ledger.beginDirect(asked('1'), seal('B'))).toEqual({ outcome: 'changed' });
			expect(await ledger.beginDirect(asked('1'), seal('B', 'urn:uuid:C'))).toEqual({
				outcome: 'changed',
			});
			expect(await numbers()).toEqual([['65656565', false]]);
			expect(await ledger.find(REALM, { program: VCT, idempotencyKey: 'event:1' })).toMatchObject({
				state: 'unknown',
				attempt: 1,
				externalId: 'urn:uuid:A',
			});
		});

		test.each(['keep', 'reissue'] as const)('%s: one person and type at a time', async (ifHeld) => {
			const { ledger } = store();
			await begin(ledger, 'A', asked('1'));
			expect(await ledger.beginDirect(asked('2', {}, ifHeld), seal('B'))).toMatchObject({
				outcome: 'busy',
			});
			const other = asked('2', { recipient: 'bob@example.com' }, ifHeld);
			expect(await ledger.beginDirect(other, seal('B'))).toMatchObject({ outcome: 'started' });
		});

		test('keep: two at once, one is started', async () => {
			const { ledger } = store();
			const other = await store().another();
			for (let i = 0; i < 10; i++) {
				const person = { recipient: `p${i}@example.com` };
				const begun = await Promise.all(
					[ledger, other].map(async (one, j) => {
						const mine = asked(`${i}-${j}`, person, 'keep');
						return await one.beginDirect(mine, {
							...seal('A'),
							sealed: sealedAs('A', { revocationNumber: `${i}${j}`, externalId: `urn:${i}${j}` }),
						});
					}),
				);
				expect(begun.map(({ outcome }) => outcome).sort()).toEqual(['busy', 'started']);
			}
		});

		test('keep: what the person holds is kept while it is valid; unknown stays unknown', async () => {
			const { ledger, advance } = store();
			const first = await begin(ledger, 'A', asked('1'));
			await ledger.failed(first, UNKNOWN);
			expect(await ledger.lookDirect(asked('2', {}, 'keep'))).toMatchObject({ outcome: 'unknown' });
			await ledger.answered(first, stored('dstorage://vc/1'));
			expect(await ledger.lookDirect(asked('2', {}, 'keep'))).toMatchObject({
				outcome: 'held',
				row: { externalId: 'urn:uuid:A' },
			});
			const elsewhere = asked('2', { program: 'https://example.com/types/other' }, 'keep');
			expect(await ledger.lookDirect(elsewhere)).toMatchObject({ outcome: 'open' });
			expect(await ledger.lookDirect(asked('2'))).toMatchObject({ outcome: 'open' });
			advance(30 * DAY + MINUTE);
			expect(await ledger.lookDirect(asked('2', {}, 'keep'))).toMatchObject({ outcome: 'open' });
		});

		test('reissue: the old one is superseded, and its number revoked, with the answer of the new one', async () => {
			const { ledger } = store();
			await ledger.answered(await begin(ledger, 'A', asked('1')), stored('dstorage://vc/1'));
			const second = await begin(ledger, 'B', asked('2', {}, 'reissue'));
			expect(await numbers()).toEqual([
				['65656565', false],
				['66666666', false],
			]);
			const recorded = await ledger.answered(second, {
				...stored('dstorage://vc/2'),
				supersedes: true,
			});
			expect(recorded).toMatchObject({ superseded: 1, kept: null });
			expect(await numbers()).toEqual([
				['65656565', true],
				['66666666', false],
			]);
			expect(await ledger.totals()).toEqual({ superseded: 1, stored: 1 });
			expect(await eventTypes(ledger)).toEqual(['stored', 'stored', 'superseded']);
		});

		test('reissue: the old one is replaced, although the clock was set back since it was stored', async () => {
			const { ledger, advance } = store();
			await ledger.answered(await begin(ledger, 'A', asked('1')), stored('dstorage://vc/1'));
			advance(-DAY);
			const second = await begin(ledger, 'B', asked('2', {}, 'reissue'));
			advance(MINUTE / 2);
			// Begun beside it, and answered before it.
			await ledger.answered(await begin(ledger, 'C', asked('3')), stored('dstorage://vc/3'));
			const recorded = await ledger.answered(second, {
				...stored('dstorage://vc/2'),
				supersedes: true,
			});
			expect(recorded).toMatchObject({ superseded: 1 });
			expect(await numbers()).toEqual([
				['65656565', true],
				['66666666', false],
				['67676767', false],
			]);
		});

		test('a late answer to an overtaken attempt is the one that stands', async () => {
			const { ledger } = store();
			const first = await begin(ledger, 'A', asked('1'));
			await ledger.failed(first, UNKNOWN);
			const second = attemptOf(await ledger.beginDirect(asked('1'), seal('A', 'urn:uuid:A')));
			await ledger.answered(first, stored('dstorage://vc/1'));
			const failed = await ledger.failed(second, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
			expect(failed).toMatchObject({ state: 'stored', coreClaimHash: 'dstorage://vc/1' });
		});

		test('erasing the person takes the bytes, and leaves number and key, which name nobody', async () => {
			const { ledger, sql } = store();
			await ledger.failed(await begin(ledger, 'A', asked('1')), UNKNOWN);
			await ledger.forget('ada@example.com');
			expect(await envelopes()).toBe(0);
			expect(await numbers()).toEqual([['65656565', false]]);
			expect(await sql('SELECT kid FROM signing_keys')).toEqual([{ kid: 'k1' }]);
		});

		test('retention: a row is deleted when it has been expired long enough, the rest at the expiry', async () => {
			const { ledger, advance, sql } = store();
			await ledger.answered(await begin(ledger, 'A', asked('1')), stored('dstorage://vc/1'));
			await ledger.failed(await begin(ledger, 'B', asked('2')), UNKNOWN);
			advance(29 * DAY);
			await ledger.prune({ ...RETENTION, finishedDays: 7 });
			expect(await ledger.totals()).toEqual({ stored: 1, unknown: 1 });
			expect([await envelopes(), (await numbers()).length]).toEqual([1, 2]);
			advance(DAY - MINUTE);
			await ledger.prune({ ...RETENTION, finishedDays: 7 });
			// A verifier needs it to the end.
			expect(await sql('SELECT kid FROM signing_keys')).toEqual([{ kid: 'k1' }]);
			advance(DAY + MINUTE);
			await ledger.prune({ ...RETENTION, finishedDays: 7 });
			expect([await envelopes(), (await numbers()).length]).toEqual([0, 0]);
			expect(await sql('SELECT kid FROM signing_keys')).toEqual([]);
			expect(await ledger.totals()).toEqual({ stored: 1, unknown: 1 });
			advance(7 * DAY);
			await ledger.prune({ ...RETENTION, finishedDays: 7 });
			expect(await ledger.totals()).toEqual({ unknown: 1 });
		});

		test('with the ledger off nothing outlives the row', async () => {
			const { ledger, sql } = store();
			await ledger.beginDirect(asked('1'), { ...seal('A'), outlives: false });
			expect(await numbers()).toEqual([]);
			expect(await sql('SELECT kid FROM signing_keys')).toEqual([]);
		});
	});
}
