import type { Story } from './Story';
import { GOLD, OTHER, SILVER, thin } from './stripeEvents';
import { story } from './stripeStory';

const silver = { last: 'Silver' } as const;

/** Stories in which the address, the customer or the object is missing, or that do not concern members. */
export const stripeGaps: readonly Story[] = [
	story(
		'address-later',
		'a customer without an address gets one in Stripe',
		({ sub, paid, cust }) => [
			[sub('created', 1, 0), paid(1, 0, { email: null })],
			[cust('updated', 1, 2)],
		],
		silver,
		{ alert: 'always', says: /nobody knows the e-mail address/ },
	),
	story(
		'address-lost',
		'a later invoice without an address does not take the known one away',
		({ sub, paid }) => [[paid(1, 0), paid(2, 30, { email: null })], [sub('updated', 1, 30)]],
		silver,
		{ alert: 'never' },
	),
	{
		...story(
			'old-address',
			'an invoice that is paid late has the address of the day on which it was finalized',
			({ sub, paid, cust }, who) => [
				[cust('updated', 1, 2), paid(1, 9, { finalized: 0, email: `${who}-old@example.com` })],
				[sub('created', 1, 9)],
			],
			silver,
			{ alert: 'never' },
		),
	},
	story(
		'no-address',
		'nobody knows the address',
		({ sub, paid }) => [[sub('created', 1, 0, { prices: [GOLD] }), paid(1, 0, { email: null })]],
		null,
		{ alert: 'always', says: /cus_.*nobody knows the e-mail address/ },
	),
	story(
		'no-customer',
		'an invoice of nobody, with an address',
		({ paid }) => [[paid(1, 0, { customer: null, price: SILVER })]],
		null,
		{ alert: 'always', says: /evt_.*names no customer/ },
	),
	story(
		'no-customer-no-address',
		'an invoice of nobody, without an address',
		({ paid }) => [[paid(1, 1, { customer: null, email: null, price: GOLD })]],
		null,
		{ alert: 'always', says: /evt_.*names no customer/ },
	),
	story(
		'blank-customer',
		'a subscription whose customer is blank',
		({ sub }) => [[sub('created', 1, 0, { customer: ' ', prices: [GOLD] })]],
		null,
		{ alert: 'always', says: /evt_.*names no customer/ },
	),
	story(
		'thin',
		'a thin event does not carry its object',
		(_, who) => [[thin({ id: `${who}_t1`, day: 0 }, `sub_only_${who}`)]],
		null,
		{ alert: 'always', says: /evt_.*Snapshot/ },
	),
	story(
		'many-items',
		'a subscription with more items than the event carries',
		({ sub, cust }) => [
			[cust('created', 1, 0), sub('created', 1, 0, { prices: [OTHER], hasMore: true })],
		],
		null,
		{ alert: 'always', says: /more items than the event carries/ },
	),
	story(
		'test-mode',
		'events of Stripe’s test mode',
		({ sub, paid }) => [[sub('created', 1, 0, { live: false }), paid(1, 0, { live: false })]],
		null,
	),
	story(
		'other-product',
		'a subscription of another product',
		({ sub, paid }) => [[sub('created', 1, 0, { prices: [OTHER] }), paid(1, 0, { price: OTHER })]],
		null,
	),
];
