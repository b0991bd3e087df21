import fc from 'fast-check';
import { readOffer, takenUpTo, type Evidence } from '../../../issuance/watch/offering';
import { badInput } from '../BadInput';
import { must } from '../expecting';
import { anything } from '../pieces';

const number = fc.oneof(fc.nat(20), fc.constantFrom(-1, 0.5, NaN, Infinity, 2 ** 53, -0));
const offer = fc.record(
	{
		ledgerId: fc.constantFrom('a', 'b', ''),
		createdAt: number,
		upTo: number,
		process: fc.constantFrom('p', 'q'),
	},
	{ requiredKeys: [] },
);
const stored = fc.oneof({ weight: 4, arbitrary: offer }, { weight: 1, arbitrary: anything });
const inputs = fc.record({
	saved: stored,
	noted: fc.option(
		fc.record({
			ledgerId: fc.constantFrom('a', 'b'),
			createdAt: fc.nat(20),
			upTo: fc.nat(20),
			process: fc.constant('p'),
		}),
		{ nil: undefined },
	),
	keeping: fc.constantFrom<Evidence['keeping']>('kept', 'copied', 'durable'),
	delivered: fc.nat(10),
	more: fc.nat(10),
	createdAt: fc.nat(20),
});

export const triggerState = badInput({
	name: 'Stored state of the trigger',
	share: 700,
	inputs,
	corpus: [],
	check: ({ saved: value, noted, keeping, delivered, more, createdAt }) => {
		const saved = readOffer(value);
		const cursor = { ledgerId: 'a', createdAt, delivered, offered: delivered + more };
		const evidence = { keeping, noted, saved, process: 'p' };
		const upTo = takenUpTo(cursor, evidence);
		must(Number.isSafeInteger(upTo), 'it is the number of an event');
		must(upTo >= delivered, 'nothing is delivered twice for it');
		must(upTo <= cursor.offered, 'nothing that was never offered counts as delivered');
		if (keeping === 'kept') {
			must(upTo === takenUpTo(cursor, { ...evidence, saved: undefined }), 'it proves nothing here');
		}
		return saved === undefined ? 'refused' : 'taken';
	},
});
