import type { Story } from './Story';
import { GOLD, OTHER, SILVER, type ApiVersion } from './stripeEvents';
import { stripeGaps } from './stripeGaps';
import { story } from './stripeStory';

const VERSIONS: readonly ApiVersion[] = [
	'2018-11-08',
	'2020-08-27',
	'2024-06-20',
	'2025-03-31.basil',
];

const silver = { last: 'Silver' } as const;
const gold = { last: 'Gold' } as const;
const upgraded = { last: 'Gold', before: ['Silver'] } as const;

/** Stripe's events for a seller of memberships. */
export const stripeStories: readonly Story[] = [
	story(
		'new',
		'a new subscription: incomplete, active and paid in one second',
		({ sub, paid }) => [
			[
				sub('created', 1, 0, { status: 'incomplete' }),
				sub('updated', 2, 0, { from: { status: 'incomplete' } }),
				paid(1, 0, { reason: 'subscription_create' }),
			],
		],
		silver,
	),
	story(
		'tier-first',
		'the tier comes in a newer event than the address, and arrives first',
		({ sub, paid }) => [[sub('updated', 1, 0.01)], [paid(1, 0)]],
		silver,
		{ alert: 'always', says: /nobody knows the e-mail address/ },
	),
	story(
		'upgrade',
		'an upgrade: subscription and prorated invoice in one second',
		({ sub, paid }) => [
			[sub('created', 1, 0), paid(1, 0)],
			[
				sub('updated', 2, 5, { prices: [GOLD], from: { prices: [SILVER] } }),
				paid(2, 5, { price: GOLD, credited: SILVER, reason: 'subscription_update' }),
			],
		],
		upgraded,
	),
	story(
		'upgrade-mixed',
		'the same, but everything in any order',
		({ sub, paid }) => [
			[
				sub('created', 1, 0),
				paid(1, 0),
				sub('updated', 2, 5, { prices: [GOLD], from: { prices: [SILVER] } }),
				paid(2, 5, { price: GOLD, credited: SILVER, reason: 'subscription_update' }),
			],
		],
		upgraded,
	),
	story(
		'late-invoice',
		'an old invoice of the lower tier is collected three days after the upgrade',
		({ sub, paid }) => [
			[
				sub('created', 1, 0),
				paid(1, 0),
				sub('updated', 2, 5, { prices: [GOLD], from: { prices: [SILVER] } }),
			],
			[paid(2, 8, { finalized: 4 })],
		],
		upgraded,
	),
	story(
		'one-off',
		'an invoice that bills a price of the list once, without a subscription',
		({ paid }) => [[paid(1, 0, { price: GOLD, reason: 'manual' })]],
		null,
	),
	story(
		'long-invoice',
		'an invoice with more lines than the event carries: the subscription decides',
		({ sub, paid }) => [
			[sub('created', 1, 0, { prices: [GOLD] }), paid(1, 0, { price: OTHER, hasMore: true })],
		],
		gold,
	),
	story(
		'two-subscriptions',
		'two subscriptions: the higher tier counts',
		({ sub, paid }) => [
			[paid(1, 0)],
			[
				sub('created', 1, 0, { subscription: 'a' }),
				sub('created', 2, 1, { subscription: 'b', prices: [GOLD] }),
			],
			[sub('updated', 3, 30, { subscription: 'a' }), paid(2, 30)],
		],
		upgraded,
	),
	story(
		'two-subscriptions-one-ends',
		'two subscriptions, and the higher one ends: the lower one counts from then on',
		({ sub, paid }) => [
			[
				paid(1, 0),
				sub('created', 1, 0, { subscription: 'a' }),
				sub('created', 2, 0, { subscription: 'b', prices: [GOLD] }),
			],
			[sub('deleted', 3, 9, { subscription: 'b', prices: [GOLD] })],
		],
		{ last: 'Silver', before: ['Silver', 'Gold'] },
	),
	story(
		'canceled-first',
		'the end of a subscription arrives before its beginning',
		({ sub, paid }) => [
			[sub('deleted', 3, 40)],
			[sub('created', 1, 0), sub('updated', 2, 30), paid(1, 0), paid(2, 30)],
		],
		null,
	),
	story(
		'will-cancel',
		'canceled at the end of the period: a member until then',
		({ sub, paid }) => [
			[sub('created', 1, 0), sub('updated', 2, 3, { cancelAtPeriodEnd: true }), paid(1, 0)],
		],
		silver,
	),
	story(
		'paused',
		'collection is paused: nothing new is issued',
		({ sub, paid }) => [
			[sub('updated', 2, 4, { paused: true })],
			[sub('created', 1, 0), paid(1, 0)],
		],
		null,
	),
	story(
		'unpaid-upgrade',
		'an upgrade that is not paid: past due',
		({ sub, paid }) => [
			[sub('created', 1, 0), paid(1, 0)],
			[
				sub('updated', 2, 5, {
					prices: [GOLD],
					status: 'past_due',
					from: { prices: [SILVER], status: 'active' },
				}),
			],
		],
		silver,
	),
	story(
		'never-paid',
		'the first payment never came',
		({ sub, cust }) => [
			[
				cust('created', 1, 0),
				sub('created', 1, 0, { status: 'incomplete' }),
				sub('updated', 2, 1, { status: 'incomplete_expired', from: { status: 'incomplete' } }),
			],
		],
		null,
	),
	story(
		'trial',
		'a trial counts',
		({ sub, cust }) => [
			[cust('created', 1, 0), sub('created', 1, 0, { status: 'trialing', prices: [GOLD] })],
		],
		gold,
	),
	story(
		'renewals',
		'renewals of the same tier issue nothing',
		({ sub, paid }) => [
			[
				sub('created', 1, 0),
				paid(1, 0),
				sub('updated', 2, 30),
				paid(2, 30),
				sub('updated', 3, 60),
				paid(3, 60),
			],
		],
		silver,
	),
	story(
		'there-and-back',
		'up and down again within one period',
		({ sub, cust }) => [
			[cust('created', 1, 0), sub('created', 1, 0)],
			[sub('updated', 2, 1, { prices: [GOLD], from: { prices: [SILVER] } })],
			[sub('updated', 3, 2, { from: { prices: [GOLD] } })],
		],
		{ last: 'Silver', before: ['Silver', 'Gold'] },
	),
	...VERSIONS.map((api) =>
		story(
			`api-${api.slice(0, 7)}`,
			`an upgrade in API version ${api}`,
			({ sub, paid }) => [
				[sub('created', 1, 0, { api }), paid(1, 0, { api })],
				[
					sub('updated', 2, 5, { api, prices: [GOLD], from: { prices: [SILVER] } }),
					paid(2, 5, { api, price: GOLD, credited: SILVER }),
				],
			],
			upgraded,
		),
	),
	story(
		'versions-mixed',
		'the version of the API changes between two events',
		({ sub, paid }) => [
			[
				sub('created', 1, 0, { api: '2018-11-08' }),
				paid(1, 0, { api: '2018-11-08' }),
				sub('updated', 2, 5, { prices: [GOLD], from: { prices: [SILVER] } }),
			],
		],
		upgraded,
	),
	story(
		'several-items',
		'a subscription with an add-on beside the membership',
		({ sub, cust }) => [[cust('created', 1, 0), sub('created', 1, 0, { prices: [OTHER, SILVER] })]],
		silver,
	),
	story(
		'expanded',
		'the customer comes as an object where an ID is usual',
		({ cus, sub, paid }) => [
			[sub('created', 1, 0, { customer: { id: cus } }), paid(1, 0, { customer: { id: cus } })],
		],
		silver,
	),
	...stripeGaps,
];
