import { kycStories } from '../../corpus/kycStories';
import { deliveries, randomFrom, type Story } from '../../corpus/Story';
import { stripeStories } from '../../corpus/stripeStories';
import { codeOf, settingsOf } from './flowCode';

/**
 * What the Code nodes of the examples decide, in many orders. The nodes between them are played here:
 * rows that are written and read again, and a ledger that lets each Event ID through once.
 * test/host/corpus.test.ts plays the whole flows in a real n8n, in a few orders.
 */
const ORDERS = 200;

type Json = Record<string, unknown>;
interface Played {
	/** What was issued, by address, the oldest first. */
	readonly issued: Map<string, string[]>;
	readonly alerts: string[];
}
type Play = (story: Story, who: string, seed: number) => Played;

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** The rows of a Data Table: a key that is there is written over, and each row has a number. */
class Table {
	readonly rows: Json[] = [];

	upsert(row: Json): void {
		const found = this.rows.find(
			({ eventId, decision }) => eventId === row.eventId && decision === row.decision,
		);
		if (found === undefined) this.rows.push({ ...row, id: this.rows.length + 1 });
		else Object.assign(found, row);
	}
}

/** Lets the second of two executions at once read what both have written. */
function* inTurns(executions: Iterator<unknown>[], random: () => number, atOnce: number) {
	const running = [...executions];
	while (running.length > 0) {
		const place = Math.floor(random() * Math.min(atOnce, running.length));
		if (running[place]?.next().done === true) running.splice(place, 1);
		yield;
	}
}

const drain = (steps: Iterator<unknown>) => {
	while (steps.next().done !== true);
};

const player =
	(
		read: (body: Json) => Json[],
		decide: (event: Json, rows: readonly Json[], people: readonly Json[]) => Json[],
		issuance: (
			decided: Json,
			event: Json,
		) => { id: string; email: string; claim: string; after?: Json },
	): Play =>
	(story, who, seed) => {
		const random = randomFrom(seed);
		const table = new Table();
		const ledger = new Map<string, string>();
		const issued = new Map<string, string[]>();
		const alerts: string[] = [];
		const people = (story.people?.(who) ?? []).filter(({ userId }) => userId === who);
		function* execution(body: Json): Generator {
			const [event] = read(body);
			if (event === undefined || event.action === 'nothing') return;
			if (event.action !== 'go on') {
				alerts.push(text(event.alert));
				return;
			}
			table.upsert(event);
			yield;
			const [decided] = decide(event, structuredClone(table.rows), people);
			yield;
			if (decided === undefined || decided.action === 'nothing') return;
			if (decided.action !== 'issue') {
				alerts.push(text(decided.alert));
				return;
			}
			const { id, email, claim, after } = issuance(decided, event);
			const content = `${email} ${claim}`;
			if (ledger.has(id)) {
				if (ledger.get(id) !== content) alerts.push(`conflict about ${who}`);
				return;
			}
			ledger.set(id, content);
			issued.set(email, [...(issued.get(email) ?? []), claim]);
			yield;
			if (after !== undefined) table.upsert(after);
		}
		for (const events of story.phases(who)) {
			const sent = deliveries(events, random).map(({ body }) => body);
			const atOnce = story.oneByOne === true ? 1 : 2;
			drain(
				inTurns(
					sent.map((body) => execution(body)),
					random,
					atOnce,
				),
			);
			// What failed because two came at once is sent again, as the documentation says.
			for (const { body } of deliveries(events, random)) drain(execution(body));
		}
		return { issued, alerts };
	};

const stripeRead = codeOf('stripe-membership', 'Read Event');
const stripeDecide = codeOf('stripe-membership', 'Which Tier?');
const stripeSettings = settingsOf('stripe-membership');
const playStripe = player(
	(body) => stripeRead([stripeSettings], { 'Stripe Trigger': [body] }),
	(event, rows) =>
		stripeDecide(
			rows.filter(({ customerId }) => customerId === event.customerId),
			{ Settings: [stripeSettings], 'Read Event': [event] },
		),
	({ changeId, email, tier, change }, { customerId }) => ({
		id: text(changeId),
		email: text(email),
		claim: text(tier),
		after: {
			eventId: `issued:${text(customerId)}:${String(change)}`,
			customerId,
			kind: 'issued',
			at: change,
			status: tier,
		},
	}),
);

function playerOf(example: string, webhook: string): Play {
	const read = codeOf(example, 'Read Event');
	const decide = codeOf(example, 'Decide');
	const settings = settingsOf(example);
	return player(
		(body) => read([settings], { [webhook]: [{ body }] }),
		(event, rows, people) =>
			decide([], {
				'Read Event': [event],
				'Reviews of the Person': rows.filter(({ userId }) => userId === event.userId),
				'Look Up Person': people.length === 0 ? [{}] : people,
			}),
		({ eventId, email, reviewedAt }) => ({
			id: text(eventId),
			email: text(email),
			claim: text(reviewedAt),
		}),
	);
}

/** What is wrong with what became of a story; the alerts of the node itself are not played here. */
function wrongWith(story: Story, who: string, { issued, alerts }: Played): string[] {
	const wrong: string[] = [];
	const holds = story.holds(who);
	for (const [email, claims] of issued) {
		const held = holds[email];
		if (held === undefined) {
			// The node itself refuses what its schema misses.
			if (story.says?.source !== 'isOver18')
				wrong.push(`${email}: nothing expected, ${claims.join(', ')}`);
			continue;
		}
		if (claims.at(-1) !== held.last) wrong.push(`${email}: ends with ${String(claims.at(-1))}`);
		const allowed = [...(held.before ?? []), held.last];
		for (const claim of claims) {
			const place = allowed.indexOf(claim);
			if (place < 0) wrong.push(`${email}: once more than expected: ${claim}`);
			else allowed.splice(place, 1);
		}
	}
	for (const email of Object.keys(holds))
		if (!issued.has(email)) wrong.push(`${email}: nothing issued`);
	if (story.alert === 'never' && alerts.length > 0) wrong.push(`alert: ${alerts.join('; ')}`);
	if (story.alert === 'always' && story.says?.source !== 'isOver18') {
		const named = alerts.filter((alert) => alert.includes(who));
		if (named.length === 0) wrong.push(`no alert that names ${who}`);
		else if (story.says?.test(named.join('\n')) === false) wrong.push(named.join('; '));
	}
	return wrong;
}

const providers: readonly [string, Play, readonly Story[]][] = [
	['Stripe', playStripe, stripeStories],
	['Sumsub', playerOf('kyc-sumsub', 'Sumsub Webhook'), kycStories.sumsub],
	['Persona', playerOf('kyc-persona', 'Persona Webhook'), kycStories.persona],
	['Veriff', playerOf('kyc-veriff', 'Veriff Webhook'), kycStories.veriff],
];

describe.each(providers)('%s', (_name, play, stories) => {
	test.each(
		stories
			.filter(({ status }) => status === undefined)
			.map((story) => [story.what, story] as const),
	)(`%s: in ${ORDERS} orders, each event up to three times, some at once`, (_what, story) => {
		for (let seed = 1; seed <= ORDERS; seed++) {
			const who = `${story.id}-${seed}`;
			const wrong = wrongWith(story, who, play(story, who, seed));
			expect(wrong.map((one) => `order ${seed}: ${one}`)).toEqual([]);
		}
	});
});

test('the corpus: at least 60 payloads, 10 stories that issue nothing, 10 that alert', () => {
	const all = [...stripeStories, ...Object.values(kycStories).flat()];
	const payloads = all.flatMap((story) => story.phases('a').flat()).length;
	expect(payloads).toBeGreaterThanOrEqual(60);
	const nothing = all.filter(
		({ holds, alert }) => Object.keys(holds('a')).length === 0 && alert === 'never',
	);
	expect(nothing.length).toBeGreaterThanOrEqual(10);
	expect(all.filter(({ alert }) => alert === 'always').length).toBeGreaterThanOrEqual(10);
	expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});
