import { DirectChecking } from '../../../../issuance/direct/checkDirectly';
import { settleRow } from '../../../../issuance/ledger/settleRow';
import { newSigner } from '../../emulator/support';
import { airErrorOf } from '../support';
import { inDays, usePartner, type Issuer } from './support';

const partner = usePartner();

const control = () => partner().rig.emulator.control;

const wallet = async (email = 'ada@example.com') =>
	(await control().wallet()).filter(({ recipient }) => recipient === email);

/** All attempts of one call fail so that AIR may have stored, or not. */
const loseAnswers = (times = 4) => {
	control().injectFault({ kind: 'reset', operation: 'store', afterWork: true, times });
};
const refuseService = (times = 4) => {
	control().injectFault({ kind: 'answer', operation: 'store', status: 500, times });
};

/** The probes that prove the key are made before faults are set. */
const known = async () => {
	await partner().issue('first', { recipient: 'first@example.com' });
	control().clearRecord();
};

describe('issued', () => {
	test('it is in the wallet, and the item and the ledger say what it is', async () => {
		const issued = await partner().issue('1');
		expect(issued).toMatchObject({
			outcome: 'issued',
			email: 'ada@example.com',
			vct: 'kyc-level',
			airState: 'stored',
		});
		const [held, ...more] = await wallet();
		expect(more).toEqual([]);
		expect(held).toMatchObject({
			valid: true,
			problems: [],
			externalId: issued.externalId,
			storagePath: issued.storagePath,
			holderDid: issued.holderDid,
			expiresAt: issued.expiresAt,
			claims: { level: 2, country: 'IT', nonce: issued.revocationNumber },
		});
		expect(await partner().row('1')).toMatchObject({
			state: 'stored',
			way: 'direct',
			coreClaimHash: issued.storagePath,
			externalId: issued.externalId,
			revocationNumber: issued.revocationNumber,
			holderDid: issued.holderDid,
		});
	});

	test('a repeat is answered from the ledger: no account is looked up, nothing is sent', async () => {
		const issued = await partner().issue('1');
		control().clearRecord();
		const again = await partner().issue('1');
		expect(again).toMatchObject({
			outcome: 'alreadyIssued',
			storagePath: issued.storagePath,
			externalId: issued.externalId,
			revocationNumber: issued.revocationNumber,
			expiresAt: issued.expiresAt,
			state: 'stored',
		});
		expect(control().requests()).toEqual([]);
	});

	test.each([
		['a reserved claim', { credentialSubject: { iss: 'me' } }, 'AIR_DIRECT_CLAIM_RESERVED'],
		['an expiry in the past', { expiresAt: 1_700_000_000 }, 'AIR_DIRECT_EXPIRY_INVALID'],
		['a disclosable claim that is none', { disclosable: ['x'] }, 'AIR_DIRECT_DISCLOSURE_INVALID'],
	])('%s makes no account', async (_, changes, code) => {
		await known();
		const before = partner().accounts();
		const error = await airErrorOf(() => partner().issue('1', changes));
		expect(error).toMatchObject({ code, kind: 'input' });
		expect(partner().accounts()).toBe(before);
		expect(await partner().row('1')).toBeUndefined();
	});

	test('the same event for somebody else, or with other claims, makes no account', async () => {
		await partner().issue('1');
		const before = partner().accounts();
		const other = await airErrorOf(() => partner().issue('1', { recipient: 'eve@example.com' }));
		expect(other.code).toBe('AIR_EVENT_ID_OTHER_RECIPIENT');
		const claims = await airErrorOf(() =>
			partner().issue('1', { credentialSubject: { level: 3 } }),
		);
		expect(claims.code).toBe('AIR_EVENT_ID_OTHER_SUBJECT');
		expect(partner().accounts()).toBe(before);
	});

	test('an account without a signing key: refused, or issued and said', async () => {
		control().setAccount({ email: 'ada@example.com', nulls: ['signingKey'] });
		const refused = await airErrorOf(() => partner().issue('1'));
		expect(refused).toMatchObject({ code: 'AIR_HOLDER_UNBOUND', kind: 'not-sent' });
		expect(await partner().issue('1', { unboundAllowed: true })).toMatchObject({
			outcome: 'issued',
			unbound: true,
		});
	});
});

describe('an outcome that is unknown', () => {
	test('within a call: the very same bytes, stored once', async () => {
		await known();
		loseAnswers(2);
		expect(await partner().issue('1')).toMatchObject({ outcome: 'issued' });
		const bodies = partner().bodies();
		expect([bodies.length, new Set(bodies).size]).toEqual([3, 1]);
		expect(await wallet()).toHaveLength(1);
	});

	test('in a later execution: the very same bytes, stored once, whatever the settings are by then', async () => {
		await known();
		loseAnswers();
		const error = await airErrorOf(() => partner().issue('1'));
		expect(error).toMatchObject({ kind: 'outcome-unknown' });
		expect(error.message).toBe(
			'Not known whether this was issued: The connection to AIR broke before its answer arrived',
		);
		expect(error.advice).toContain('the very same bytes are sent again under the same ID');
		expect(await partner().row('1')).toMatchObject({ state: 'unknown' });
		const later = await partner().issue('1', { expiresAt: inDays(60), disclosable: 'none' });
		expect(later).toMatchObject({ outcome: 'issued' });
		expect(new Set(partner().bodies()).size).toBe(1);
		expect(await wallet()).toMatchObject([{ externalId: later.externalId, valid: true }]);
		expect(await partner().row('1')).toMatchObject({ state: 'stored' });
	}, 30_000);

	test('that was never stored is stored by the later execution', async () => {
		await known();
		refuseService();
		expect((await airErrorOf(() => partner().issue('1'))).kind).toBe('outcome-unknown');
		expect(await wallet()).toEqual([]);
		expect(await partner().issue('1')).toMatchObject({ outcome: 'issued' });
		expect(await wallet()).toHaveLength(1);
	}, 30_000);

	test('201 without a storagePath is not done: the same bytes again', async () => {
		await known();
		control().setSettings({ storagePath: 'withheld' });
		const error = await airErrorOf(() => partner().issue('1'));
		expect(error).toMatchObject({ code: 'AIR_STORE_NO_PATH', kind: 'outcome-unknown' });
		control().setSettings({ storagePath: 'sent' });
		expect(await partner().issue('1')).toMatchObject({ outcome: 'issued' });
		expect(new Set(partner().bodies()).size).toBe(1);
		expect(await wallet()).toHaveLength(1);
	}, 30_000);

	test('409 after it: stays unknown, and is probably stored', async () => {
		await known();
		control().setSettings({ repeatedStore: 409 });
		loseAnswers(1);
		const error = await airErrorOf(() => partner().issue('1'));
		expect(error).toMatchObject({ code: 'AIR_STORE_CONFLICT', kind: 'outcome-unknown' });
		const later = await airErrorOf(() => partner().issue('1'));
		expect(later).toMatchObject({ code: 'AIR_STORE_CONFLICT', kind: 'outcome-unknown' });
		expect(later.advice).toContain('was probably issued by an earlier attempt');
		expect(await partner().row('1')).toMatchObject({ state: 'unknown' });
		expect(await wallet()).toHaveLength(1);
	}, 30_000);

	test('409 at first: refused', async () => {
		control().setConsent({ partnerId: 'partner-one', email: 'ada@example.com' });
		await partner().rig.account();
		const error = await airErrorOf(() => partner().issue('1'));
		expect(error).toMatchObject({ code: 'AIR_STORE_CONFLICT', kind: 'refused' });
		expect(await partner().row('1')).toMatchObject({ state: 'rejected' });
	});

	test('the address belongs to another account by then: nothing is issued to that', async () => {
		await known();
		loseAnswers();
		await airErrorOf(() => partner().issue('1'));
		control().setAccount({ email: 'ada@example.com', replace: true });
		const issuer = await partner().issuer();
		issuer.client.forgetAccount('ada@example.com');
		const error = await airErrorOf(() => partner().issue('1'));
		expect(error).toMatchObject({ code: 'AIR_DIRECT_OTHER_ACCOUNT', kind: 'outcome-unknown' });
		expect(partner().bodies().length).toBe(4);
		expect(await partner().row('1')).toMatchObject({ state: 'unknown' });
	}, 30_000);

	test('its key is no longer published: a new one, and the number of the first is revoked', async () => {
		await known();
		refuseService();
		await airErrorOf(() => partner().issue('1'));
		const before = await partner().row('1');
		const next = newSigner();
		partner().rig.publish(newSigner(), next);
		const issuer = await partner().issuer({ signer: next, kid: 'key-2' });
		const issued = await partner().issue('1', {}, { issuer });
		expect(issued).toMatchObject({ outcome: 'issued' });
		expect(issued.externalId).not.toBe(before?.externalId);
		expect(await wallet()).toMatchObject([{ externalId: issued.externalId, valid: true }]);
	}, 30_000);

	test('another private key under the same Key ID: refused, until what the first has signed is given up', async () => {
		const first = await partner().issue('1');
		const { rig, ledger } = partner();
		const next = newSigner();
		rig.publish(next);
		const issuer = await partner().issuer({ signer: next });
		const accounts = partner().accounts();
		const another = { recipient: 'first@example.com' };
		const error = await airErrorOf(() => partner().issue('2', another, { issuer }));
		expect(error).toMatchObject({ code: 'AIR_KEY_ID_TAKEN', kind: 'input' });
		expect(error.message).toContain('key ID “key-1”, 1 credential, the last until');
		expect({ accounts: partner().accounts(), bodies: partner().bodies().length }).toEqual({
			accounts,
			bodies: 1,
		});
		// What is known is answered as before.
		const again = await partner().issue('1', {}, { issuer });
		expect(again).toMatchObject({ outcome: 'alreadyIssued', externalId: first.externalId });

		const realm = (await partner().row('1'))?.realm ?? '';
		await ledger.unpublishKey({ realm, kid: 'key-1', givenUp: 1 });
		expect(await partner().issue('2', another, { issuer })).toMatchObject({ outcome: 'issued' });
		expect(await partner().issue('3', another, { issuer })).toMatchObject({ outcome: 'issued' });
	}, 30_000);

	test('signed by the key before, which is still published: the same bytes', async () => {
		await known();
		refuseService();
		await airErrorOf(() => partner().issue('1'));
		const before = await partner().row('1');
		const { rig } = partner();
		const next = newSigner();
		rig.publish(rig.signer, next);
		const issuer = await partner().issuer({ signer: next, kid: 'key-2', beside: true });
		const issued = await partner().issue('1', {}, { issuer });
		expect(issued).toMatchObject({ outcome: 'issued', externalId: before?.externalId });
		expect(await wallet()).toMatchObject([{ externalId: before?.externalId, valid: true }]);
	}, 30_000);

	test('settled to be sent again, with other claims: sealed with those, and the first is revoked', async () => {
		await known();
		loseAnswers();
		await airErrorOf(() => partner().issue('1'));
		const seen = await partner().row('1');
		if (seen === undefined) throw new Error('no row');
		const { ledger } = partner();
		const by = { instance: 'n8n', workflowId: 'w', executionId: '1' };
		const as = { outcome: 'send-again' } as const;
		const { id: issuanceId, realm } = seen;
		await ledger.settle({ realm, issuanceId, seen, as, by, note: null });
		const issued = await partner().issue('1', { credentialSubject: { level: 3 } });
		expect(issued).toMatchObject({ outcome: 'issued' });
		expect(issued.externalId).not.toBe(seen.externalId);
		expect(await ledger.numberStatus(realm, seen.revocationNumber ?? '')).toBe('revoked');
		expect(await ledger.numberStatus(realm, issued.revocationNumber ?? '')).toBe('valid');
	}, 30_000);

	test('with the ledger off nothing is promised of another execution', async () => {
		await known();
		loseAnswers();
		const error = await airErrorOf(() => partner().issue('1', {}, { ledger: 'off' }));
		expect(error).toMatchObject({ kind: 'outcome-unknown' });
		expect(error.message).toContain('look before you send it again');
		expect(error.advice).toContain('another execution would store a second one');
	}, 30_000);
});

describe('refused', () => {
	test('and corrected: other bytes under another ID', async () => {
		const error = await airErrorOf(() => partner().issue('1', { schemaId: 'SOMEBODY-ELSES' }));
		expect(error).toMatchObject({ code: 'AIR_STORE_FORBIDDEN', kind: 'refused' });
		const first = await partner().row('1');
		const issued = await partner().issue('1');
		expect(issued).toMatchObject({ outcome: 'issued' });
		expect(issued.externalId).not.toBe(first?.externalId);
		expect(await wallet()).toHaveLength(1);
	});

	test('an account that was made again since it was looked up is looked up once more', async () => {
		await partner().issue('1');
		control().setAccount({ email: 'ada@example.com', replace: true });
		const issued = await partner().issue('2');
		expect(issued).toMatchObject({ outcome: 'issued' });
		expect(await wallet()).toEqual(
			expect.arrayContaining([
				expect.objectContaining({ externalId: issued.externalId, valid: true }),
			]),
		);
	});
});

describe('if the person has one', () => {
	test('keep: nothing is sent, and it says whether the claims are the same', async () => {
		const first = await partner().issue('1');
		control().clearRecord();
		expect(await partner().issue('2', { ifHeld: 'keep' })).toMatchObject({
			outcome: 'kept',
			sameClaims: true,
			externalId: first.externalId,
			storagePath: first.storagePath,
		});
		const other = { ifHeld: 'keep', credentialSubject: { level: 3 } } as const;
		expect(await partner().issue('3', other)).toMatchObject({ outcome: 'kept', sameClaims: false });
		expect(control().requests()).toEqual([]);
		expect(await partner().row('2')).toBeUndefined();
	});

	test('reissue: the new one is stored, and then the old one replaced', async () => {
		await partner().issue('1');
		expect(await partner().issue('2', { ifHeld: 'reissue' })).toMatchObject({
			outcome: 'reissued',
		});
		expect(await partner().row('1')).toMatchObject({ state: 'superseded' });
		expect(await partner().row('2')).toMatchObject({ state: 'stored' });
	});

	test('reissue that AIR refuses leaves the old one standing', async () => {
		await partner().issue('1');
		control().setSettings({ onePerUserAndSchema: true });
		const error = await airErrorOf(() => partner().issue('2', { ifHeld: 'reissue' }));
		expect(error.code).toBe('AIR_STORE_CONFLICT');
		expect(await partner().row('1')).toMatchObject({ state: 'stored' });
	});

	test('issue another: both stand', async () => {
		await partner().issue('1');
		await partner().issue('2');
		expect(await wallet()).toHaveLength(2);
	});

	test('an earlier one that is unknown stops keep, and running that again makes it known', async () => {
		await known();
		refuseService();
		await airErrorOf(() => partner().issue('1'));
		const stopped = await airErrorOf(() => partner().issue('2', { ifHeld: 'keep' }));
		expect(stopped).toMatchObject({ code: 'AIR_DIRECT_EARLIER_UNKNOWN', kind: 'not-sent' });
		await partner().issue('1');
		expect(await partner().issue('2', { ifHeld: 'keep' })).toMatchObject({ outcome: 'kept' });
	}, 30_000);

	test('an earlier one that is unknown, while another one is kept in its place, can be settled', async () => {
		await known();
		const keep = { ifHeld: 'keep' } as const;
		const reissue = { ifHeld: 'reissue' } as const;
		loseAnswers();
		await airErrorOf(() => partner().issue('1', keep));
		await partner().issue('2');
		// Running it again sends nothing, so something else has to help.
		expect(await partner().issue('1', keep)).toMatchObject({ outcome: 'kept' });
		const error = await airErrorOf(() => partner().issue('3', reissue));
		expect(error.code).toBe('AIR_DIRECT_EARLIER_UNKNOWN');
		expect(error.advice).toContain('Ledger → Settle');

		const { id = 0, realm = '' } = (await partner().row('1')) ?? {};
		await settleRow(
			{ ledger: partner().ledger, realm },
			{
				id,
				attempt: undefined,
				as: { outcome: 'issued', coreClaimHash: null, userUuid: null },
				by: { instance: 'n8n', workflowId: 'w', executionId: '9' },
				note: 'found in Claim Records',
			},
		);
		expect(await partner().issue('3', reissue)).toMatchObject({ outcome: 'reissued' });
		expect(await partner().ledger.totals()).toEqual({ superseded: 2, stored: 2 });
	}, 30_000);

	test('with the ledger off reissue is refused by name', async () => {
		const error = await airErrorOf(() =>
			partner().issue('1', { ifHeld: 'reissue' }, { ledger: 'off' }),
		);
		expect(error).toMatchObject({ code: 'AIR_DIRECT_NEEDS_LEDGER', kind: 'input' });
		expect(control().requests()).toEqual([]);
	});
});

describe('the check says what issuing then does', () => {
	/** What the check and issuing are refused with. */
	const codesOf = async (...item: Parameters<Issuer['issue']>) => [
		(await airErrorOf(() => partner().check(...item))).code,
		(await airErrorOf(() => partner().issue(...item))).code,
	];
	const both = (code: string) => [code, code];

	test('another private key under the same Key ID: what the person holds is kept', async () => {
		const first = await partner().issue('1');
		const next = newSigner();
		partner().rig.publish(next);
		const issuer = await partner().issuer({ signer: next });
		// The key is accepted from here on.
		await partner().issue('1', {}, { issuer });
		const keep = { ifHeld: 'keep' } as const;
		expect(await partner().check('2', keep, { issuer })).toMatchObject({
			outcome: 'wouldKeep',
			externalId: first.externalId,
		});
		expect(await partner().issue('2', keep, { issuer })).toMatchObject({ outcome: 'kept' });
		for (const ifHeld of ['reissue', 'another'] as const) {
			expect(await codesOf('3', { ifHeld }, { issuer })).toEqual(both('AIR_KEY_ID_TAKEN'));
		}
	});

	test('reissue: what may have been stored is finished first', async () => {
		await partner().issue('1');
		const reissue = { ifHeld: 'reissue' } as const;
		expect(await partner().check('2', reissue)).toMatchObject({ outcome: 'wouldReissue' });
		loseAnswers();
		await airErrorOf(() => partner().issue('2', reissue));
		expect(await codesOf('3', reissue)).toEqual(both('AIR_DIRECT_EARLIER_UNKNOWN'));
		expect(await partner().check('2', reissue)).toMatchObject({ outcome: 'wouldReissue' });
		expect(await partner().issue('2', reissue)).toMatchObject({ outcome: 'reissued' });
	}, 30_000);

	test('a status list without an address', async () => {
		const issuer = { ...(await partner().issuer()), statusListUrl: '' };
		expect(await codesOf('1', { revocable: 'list' }, { issuer })).toEqual(
			both('AIR_STATUS_LIST_URL_INVALID'),
		);
	});

	test('an address in another spelling is another person, as in the ledger', async () => {
		const checking = new DirectChecking();
		const spellings = ['ada@example.com', 'Ada@example.com'];
		for (const [index, recipient] of spellings.entries()) {
			const keep = { recipient, ifHeld: 'keep' } as const;
			expect(await partner().check(`${index}`, keep, { checking })).toMatchObject({
				outcome: 'wouldIssue',
			});
		}
		for (const [index, recipient] of spellings.entries()) {
			expect(await partner().issue(`${index}`, { recipient, ifHeld: 'keep' })).toMatchObject({
				outcome: 'issued',
			});
		}
	});

	test('a repeat of an item that is kept is kept, too', async () => {
		const { externalId } = await partner().issue('1');
		const checking = new DirectChecking();
		const keep = { ifHeld: 'keep' } as const;
		for (let item = 0; item < 2; item++) {
			expect(await partner().check('2', keep, { checking })).toMatchObject({
				outcome: 'wouldKeep',
				externalId,
			});
		}
		for (let item = 0; item < 2; item++) {
			expect(await partner().issue('2', keep)).toMatchObject({ outcome: 'kept', externalId });
		}
	});

	test('a repeat of an item that is refused is refused, too', async () => {
		await partner().issue('1');
		const checking = new DirectChecking();
		const other = { recipient: 'eve@example.com' };
		for (let item = 0; item < 2; item++) {
			const error = await airErrorOf(() => partner().check('1', other, { checking }));
			expect(error.code).toBe('AIR_EVENT_ID_OTHER_RECIPIENT');
			expect(error.message).toContain('ledger row');
		}
	});
});

describe('whose key it is', () => {
	test('AIR is asked once, with nothing to store, and makes no account for it', async () => {
		await partner().issue('1');
		const asked = control().requests();
		expect(asked.map(({ operation, status }) => [operation, status])).toEqual([
			['store', 400],
			['store', 401],
			['account', 200],
			['store', 201],
		]);
		expect(control().counts()).toMatchObject({ accounts: 1, stored: 1 });
		await partner().issue('2');
		expect(control().requests().length).toBe(5);
	});

	test('a stranger with the same partner ID leaves nothing and learns nothing', async () => {
		await partner().issue('1');
		const stranger = await partner().issuer({ signer: newSigner() });
		for (const event of ['1', '2']) {
			const error = await airErrorOf(() => partner().issue(event, {}, { issuer: stranger }));
			expect(error).toMatchObject({ code: 'AIR_UNAUTHORIZED_SIGNATURE', kind: 'refused' });
		}
		expect(await partner().numbers()).toHaveLength(1);
	});

	test('an AIR that answers everybody alike proves nothing', async () => {
		control().injectFault({ kind: 'answer', operation: 'store', status: 400, times: 2 });
		control().injectFault({
			kind: 'answer',
			operation: 'status',
			status: 404,
			body: { type: 'html' },
		});
		const error = await airErrorOf(() => partner().issue('1'));
		expect(error).toMatchObject({ code: 'AIR_KEY_NOT_PROVEN', kind: 'not-sent' });
		expect(await partner().numbers()).toEqual([]);
		expect(partner().accounts()).toBe(0);
	});
});
