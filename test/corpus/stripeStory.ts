import type { Held, Sent, Story } from './Story';
import {
	customer,
	invoicePaid,
	subscription,
	type Paid,
	type SubscriptionState,
} from './stripeEvents';

/** Everything that one customer’s events have in common. */
const shorthand = (who: string) => {
	const cus = `cus_${who}`;
	const email = `${who}@example.com`;
	return {
		cus,
		email,
		sub: (
			type: 'created' | 'updated' | 'deleted',
			n: number,
			day: number,
			rest: Partial<SubscriptionState> = {},
		) => subscription(type, { id: `${who}_s${n}`, day, customer: cus, ...rest }),
		paid: (n: number, day: number, rest: Partial<Paid> = {}) =>
			invoicePaid({ id: `${who}_i${n}`, day, customer: cus, email, ...rest }),
		cust: (type: 'created' | 'updated', n: number, day: number, address: string | null = email) =>
			customer(type, { id: `${who}_c${n}`, day, of: cus, email: address }),
	};
};

type Shorthand = ReturnType<typeof shorthand>;

export const story = (
	id: string,
	what: string,
	phases: (s: Shorthand, who: string) => readonly (readonly Sent[])[],
	held: Held | null,
	rest: Partial<Story> = {},
): Story => ({
	id: `stripe-${id}`,
	what,
	phases: (who) => phases(shorthand(who), who),
	holds: (who) => (held === null ? {} : { [`${who}@example.com`]: held }),
	// A state that arrives before the address is reported, and issued as soon as the address arrives.
	alert: held === null ? 'never' : 'maybe',
	...rest,
});
