import type { Held, Row, Sent, Story } from './Story';

/** What Sumsub, Persona and Veriff send, in the shapes that they document. */
export type KycProviderName = 'sumsub' | 'persona' | 'veriff';

const START = Date.UTC(2026, 0, 19, 7, 18, 45, 321);
const DAY_MS = 86_400_000;
export const isoOf = (day: number) => new Date(START + day * DAY_MS).toISOString();

/** An attribute that is undefined here is missing in what is sent. */
export type Body = Readonly<Record<string, unknown>>;

export const sent = (body: Body, rest: Omit<Sent, 'body'> = {}): Sent => ({
	body: JSON.parse(JSON.stringify(body)) as Body,
	...rest,
});

export const approvedAt = (day: number, ...before: readonly number[]): Held => ({
	last: isoOf(day),
	before: before.map(isoOf),
});

export const row = (who: string, rest: Row = {}): Row => ({
	userId: who,
	email: `${who}@example.com`,
	countryCode: 'GB',
	isOver18: true,
	...rest,
});

export interface Told extends Partial<Omit<Story, 'id' | 'what' | 'phases' | 'holds'>> {
	/** What the person’s own address holds. */
	readonly held?: Held;
	/** None for providers that know the address. */
	readonly rows?: (who: string) => readonly Row[];
}

export const of =
	(provider: KycProviderName) =>
	(
		id: string,
		what: string,
		phases: (who: string) => readonly (readonly Sent[])[],
		{ held, rows, ...rest }: Told = {},
	): Story => ({
		id: `${provider}-${id}`,
		what,
		phases,
		...(provider === 'persona' ? {} : { people: rows ?? ((who: string) => [row(who)]) }),
		holds: (who) => (held === undefined ? {} : { [`${who}@example.com`]: held }),
		alert: 'never',
		...rest,
	});

export const failing = (says: RegExp, rest: Told = {}): Told => ({
	alert: 'always',
	says,
	...rest,
});

/** Persona’s events have IDs of their own, which are the same here. */
const sameId = (event: Sent, other: Sent): Sent => {
	const { data } = event.body;
	const id = (other.body.data as Body | undefined)?.id;
	return data === undefined ? event : sent({ data: { ...(data as Body), id } });
};

/** The stories that all three providers tell. */
export function common(
	provider: KycProviderName,
	approve: (who: string, day: number) => Sent,
	refuse: (who: string, day: number) => Sent,
): readonly Story[] {
	const story = of(provider);
	return [
		story('approved', 'approved', (who) => [[approve(who, 0)]], { held: approvedAt(0) }),
		story('refused', 'not approved', (who) => [[refuse(who, 0)]]),
		story(
			're-review',
			'approved, refused, approved again',
			(who) => [[approve(who, 0), refuse(who, 5), approve(who, 10)]],
			{ held: approvedAt(10, 0), oneByOne: true },
		),
		story('older', 'an older approval after a newer refusal', (who) => [
			[refuse(who, 5)],
			[approve(who, 0)],
		]),
		story(
			'repeated-id',
			'an approval with the ID and the time of a refusal',
			(who) => [[refuse(who, 0)], [sameId(approve(who, 0), refuse(who, 0))]],
			failing(/two decisions/),
		),
		story(
			'older-approval',
			'an older approval after a newer one',
			(who) => [[approve(who, 5)], [approve(who, 0)]],
			{ held: approvedAt(5) },
		),
	];
}

/** Where the address is looked up. */
export function lookedUp(
	provider: KycProviderName,
	approve: (who: string, day: number) => Sent,
): readonly Story[] {
	const story = of(provider);
	const one = (who: string) => [[approve(who, 0)]];
	return [
		story('no-row', 'nobody has a row for the user', one, failing(/no row/, { rows: () => [] })),
		story(
			'two-rows',
			'two rows for one user, with two addresses',
			one,
			failing(/2 rows/, {
				rows: (who) => [row(who, { email: `${who}-old@example.com` }), row(who)],
			}),
		),
		story(
			'no-address',
			'a row without an address',
			one,
			failing(/no e-mail address/, {
				rows: (who) => [row(who, { email: null })],
			}),
		),
		story(
			'blank-address',
			'a row whose address is blank',
			one,
			failing(/no e-mail address/, {
				rows: (who) => [row(who, { email: '  ' })],
			}),
		),
		// A row that somebody added without a user ID must never be taken for anybody’s.
		story(
			'row-without-user',
			'a row without a user ID is nobody’s',
			one,
			failing(/no row/, {
				rows: (who) => [row(who, { userId: null }), row(who, { userId: '' })],
			}),
		),
	];
}
