import { airErrorOf } from '../support';
import { fasterPauses } from '../../../support/fasterPauses';
import { usePartner } from './support';

/** AIR asks for pauses that are longer than one series of attempts; here they pass faster. */
fasterPauses(1000);

const partner = usePartner();
/** Once AIR has accepted the key, which is asked with a request of its own. */
const refuse = async (times: number | null) => {
	await partner().issue('earlier', { recipient: 'first@example.com' });
	const { control } = partner().rig.emulator;
	control.clearRecord();
	control.injectFault({
		kind: 'answer',
		operation: 'store',
		status: 429,
		retryAfter: { seconds: 90 },
		times,
	});
};

test('after two long pauses the same bytes are stored, sealed only once', async () => {
	await refuse(2);
	await expect(partner().issue('event')).resolves.toMatchObject({ outcome: 'issued' });
	expect(partner().bodies()).toHaveLength(3);
	expect(new Set(partner().bodies()).size).toBe(1);
});

test('AIR that asks for long pauses again and again gets three requests for an item, and not more', async () => {
	await refuse(null);
	const error = await airErrorOf(async () => await partner().issue('event'));
	expect(error).toMatchObject({ code: 'AIR_RATE_LIMITED', kind: 'not-sent' });
	expect(partner().bodies()).toHaveLength(3);
	expect(await partner().row('event')).toMatchObject({ state: 'rejected' });
});
