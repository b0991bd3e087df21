import fc from 'fast-check';
import {
	readOffer,
	takenUpTo,
	type Evidence,
	type Keeping,
	type Offer,
} from '../../../../issuance/watch/offering';

const CURSOR = { ledgerId: 'l', createdAt: 1, delivered: 5, offered: 9 };
const offer = (changes: Partial<Offer> = {}): Offer => ({
	ledgerId: 'l',
	createdAt: 1,
	upTo: 9,
	process: 'p',
	...changes,
});
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
	keeping: 'kept',
	noted: undefined,
	saved: undefined,
	process: 'p',
	...changes,
});

const OTHER = offer({ process: 'before the restart' });

test.each<[string, Evidence, number]>([
	['the first poll of an activation', evidence(), 5],
	['the next poll of the same activation', evidence({ noted: offer() }), 9],
	['an offer that was smaller', evidence({ noted: offer({ upTo: 7 }) }), 7],
	['an offer from before what is delivered', evidence({ noted: offer({ upTo: 2 }) }), 5],
	['another ledger in its place', evidence({ noted: offer({ ledgerId: 'new' }) }), 5],
	['another cursor in its place', evidence({ noted: offer({ createdAt: 2 }) }), 5],
	['a ledger that was put back', evidence({ noted: offer({ upTo: 12 }) }), 5],
	['kept: what is in the static data proves nothing', evidence({ saved: offer() }), 5],
	['copied: this process', evidence({ keeping: 'copied', saved: offer() }), 9],
	['copied: before a restart', evidence({ keeping: 'copied', saved: OTHER }), 5],
	['durable: this process', evidence({ keeping: 'durable', saved: offer() }), 9],
	['durable: before a restart, or another main', evidence({ keeping: 'durable', saved: OTHER }), 9],
	[
		'the further of two proofs',
		evidence({ keeping: 'durable', noted: offer({ upTo: 6 }), saved: offer({ upTo: 8 }) }),
		8,
	],
])('%s', (_, given, expected) => {
	expect(takenUpTo(CURSOR, given)).toBe(expected);
});

test.each([
	undefined,
	null,
	5,
	'x',
	[],
	{},
	{ ...offer(), upTo: -1 },
	{ ...offer(), upTo: 1.5 },
	{ ...offer(), upTo: '9' },
	{ ...offer(), process: undefined },
])('what is not as we wrote it is not evidence: %j', (value) => {
	expect(readOffer(value)).toBeUndefined();
});

test('what is as we wrote it is, and only its own fields', () => {
	expect(readOffer({ ...offer(), more: 1 })).toEqual(offer());
});

/**
 * n8n as a model: events come, polls offer, n8n takes the result or throws it away, processes die,
 * workflows are republished. What n8n took is what counts.
 */
test.each<Keeping>(['kept', 'copied', 'durable'])(
	'%s: whatever happens in whichever order, nothing is lost',
	(keeping) => {
		const step = fc.constantFrom(
			'event',
			'poll',
			'poll lost',
			'republish',
			'restart',
			'second poller',
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				let head = 0;
				let process = 0;
				const cursor = { ledgerId: 'l', createdAt: 1, delivered: 0, offered: 0 };
				const taken = new Set<number>();
				let noted: Offer | undefined;
				let saved: Offer | undefined;
				const poll = (isTaken: boolean, own: boolean) => {
					const proof = { keeping, process: String(process), noted: own ? noted : undefined };
					cursor.delivered = takenUpTo(cursor, { ...proof, saved });
					cursor.offered = Math.max(cursor.offered, cursor.delivered);
					for (let id = 1; id <= cursor.delivered; id++) expect(taken).toContain(id);
					if (head === cursor.delivered) return;
					cursor.offered = head;
					const made = offer({ upTo: head, process: String(process) });
					if (isTaken) for (let id = cursor.delivered + 1; id <= head; id++) taken.add(id);
					if (own && keeping === 'kept') noted = made;
					// n8n writes the copy only where it takes the result.
					if (keeping !== 'kept' && isTaken) saved = made;
				};
				for (const each of steps) {
					if (each === 'event') head += 1;
					if (each === 'poll') poll(true, true);
					if (each === 'second poller') poll(true, false);
					if (each === 'poll lost') {
						// Only a republication, or the end of the process, throws a result away.
						poll(false, true);
						noted = undefined;
					}
					if (each === 'republish' || each === 'restart') noted = undefined;
					if (each === 'restart') process += 1;
				}
				poll(true, true);
				for (let id = 1; id <= head; id++) expect(taken).toContain(id);
			}),
			{ numRuns: 500 },
		);
	},
);
