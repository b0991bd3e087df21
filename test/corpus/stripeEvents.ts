import type { Sent } from './Story';

/**
 * Stripe’s events in the shapes of several API versions. With 2020-08-27 prices replaced plans;
 * with 2025-03-31 (“basil”) billing periods moved to the items, and the price of an invoice line under
 * `pricing`.
 */
export type ApiVersion = '2018-11-08' | '2020-08-27' | '2024-06-20' | '2025-03-31.basil';

export const SILVER = 'price_sample_silver';
export const GOLD = 'price_sample_gold';
export const OTHER = 'price_of_an_addon';

const START = Date.UTC(2026, 0, 19, 7, 18, 45) / 1000;
const DAY = 86_400;

interface Common {
	/** Makes the ID. */
	readonly id: string;
	/** Days after the start; whole seconds when multiplied. */
	readonly day: number;
	readonly live?: boolean;
	readonly api?: ApiVersion;
}

export const secondsOf = (day: number) => Math.round(START + day * DAY);

const event = (
	type: string,
	{ id, day, live = true, api = '2025-03-31.basil' }: Common,
	object: object,
	previous?: object,
): Sent => ({
	body: {
		id: `evt_${id}`,
		object: 'event',
		api_version: api,
		created: secondsOf(day),
		livemode: live,
		pending_webhooks: 1,
		request: { id: null, idempotency_key: null },
		type,
		data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
	},
});

export interface SubscriptionState extends Common {
	readonly customer: string | { readonly id: string } | null;
	/** Distinguishes several subscriptions of one customer. */
	readonly subscription?: string;
	readonly status?: string;
	readonly prices?: readonly string[];
	readonly paused?: boolean;
	readonly hasMore?: boolean;
	readonly cancelAtPeriodEnd?: boolean;
	/** The previous values in the event. */
	readonly from?: { readonly status?: string; readonly prices?: readonly string[] };
}

const isOld = (api: ApiVersion = '2025-03-31.basil') => api === '2018-11-08';

const itemOf =
	(api: ApiVersion | undefined, day: number) =>
	(price: string, index: number): object => {
		const plan = { id: price, object: 'plan', interval: 'month', product: 'prod_sample' };
		const period = {
			current_period_start: secondsOf(day),
			current_period_end: secondsOf(day + 30),
		};
		const isBasil = api === undefined || api === '2025-03-31.basil';
		return {
			id: `si_${index}`,
			object: 'subscription_item',
			quantity: 1,
			...(isOld(api) ? {} : { price: { id: price, object: 'price', product: 'prod_sample' } }),
			...(isBasil ? period : { plan }),
		};
	};

const listOf = (data: readonly object[], hasMore = false) => ({
	object: 'list',
	data,
	has_more: hasMore,
	url: '/v1/subscription_items',
});

/** `customer.subscription.created`, `.updated` or `.deleted`. */
export function subscription(
	type: 'created' | 'updated' | 'deleted',
	state: SubscriptionState,
): Sent {
	const { api, day, prices = [SILVER], from } = state;
	const item = itemOf(api, day);
	const [only] = prices;
	const object = {
		id: `sub_${state.subscription ?? 'only'}_${state.id.replace(/_.*/, '')}`,
		object: 'subscription',
		customer: state.customer,
		status: state.status ?? (type === 'deleted' ? 'canceled' : 'active'),
		cancel_at_period_end: state.cancelAtPeriodEnd ?? false,
		// Paused collection is younger than the oldest version here.
		...(isOld(api) ? {} : { pause_collection: state.paused ? { behavior: 'void' } : null }),
		...(api === undefined || api === '2025-03-31.basil'
			? {}
			: { current_period_start: secondsOf(day), current_period_end: secondsOf(day + 30) }),
		// If there is only one item, old versions have its plan next to the list.
		...(isOld(api) && prices.length === 1 ? { plan: { id: only, object: 'plan' } } : {}),
		items: listOf(prices.map(item), state.hasMore),
	};
	const previous =
		from === undefined
			? undefined
			: {
					...(from.status === undefined ? {} : { status: from.status }),
					...(from.prices === undefined ? {} : { items: listOf(from.prices.map(item)) }),
					...(from.prices !== undefined && isOld(api) ? { plan: { id: from.prices[0] } } : {}),
				};
	return event(`customer.subscription.${type}`, state, object, previous);
}

export interface Paid extends Common {
	readonly customer: string | { readonly id: string } | null;
	readonly email: string | null;
	readonly price?: string;
	/** When it was finalized, in days after the start; the day of the event unless it was paid late. */
	readonly finalized?: number;
	/** What the invoice paid for. */
	readonly reason?: string;
	/** A previous price, whose unused part is credited. */
	readonly credited?: string;
	readonly hasMore?: boolean;
}

/** `invoice.paid`. */
export function invoicePaid(paid: Paid): Sent {
	const { api, day, price = SILVER, finalized = day, reason = 'subscription_cycle' } = paid;
	const isBasil = api === undefined || api === '2025-03-31.basil';
	const line = (of: string, amount: number, isProration: boolean) => ({
		id: `il_${of}`,
		object: 'line_item',
		amount,
		...(isBasil
			? {
					parent: {
						type: 'subscription_item_details',
						subscription_item_details: { proration: isProration },
					},
					pricing: { type: 'price_details', price_details: { price: of, product: 'prod_sample' } },
				}
			: {
					proration: isProration,
					plan: { id: of, object: 'plan' },
					...(isOld(api) ? {} : { price: { id: of, object: 'price' } }),
				}),
	});
	const { credited } = paid;
	return event('invoice.paid', paid, {
		id: `in_${paid.id}`,
		object: 'invoice',
		billing_reason: reason,
		customer: paid.customer,
		customer_email: paid.email,
		status: 'paid',
		...(isOld(api)
			? { date: secondsOf(finalized) }
			: {
					created: secondsOf(finalized),
					status_transitions: { finalized_at: secondsOf(finalized), paid_at: secondsOf(day) },
				}),
		lines: {
			...listOf([
				...(credited === undefined ? [] : [line(credited, -900, true)]),
				line(price, 2900, credited !== undefined),
			]),
			has_more: paid.hasMore ?? false,
		},
	});
}

/** `customer.created` or `customer.updated`. */
export const customer = (
	type: 'created' | 'updated',
	{ of, email, ...common }: Common & { readonly of: string; readonly email: string | null },
): Sent =>
	event(`customer.${type}`, common, {
		id: of,
		object: 'customer',
		email,
		livemode: true,
		name: null,
	});

/** A thin event: it names its object, and does not contain it. */
export const thin = ({ id, day }: Common, subscriptionId: string): Sent => ({
	body: {
		id: `evt_${id}`,
		object: 'v2.core.event',
		type: 'v1.customer.subscription.updated',
		created: new Date(secondsOf(day) * 1000).toISOString(),
		livemode: true,
		related_object: {
			id: subscriptionId,
			type: 'subscription',
			url: `/v1/subscriptions/${subscriptionId}`,
		},
	},
});
