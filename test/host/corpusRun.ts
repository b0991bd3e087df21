import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { deliveries, shuffled, type Sent, type Story } from '../corpus/Story';
import { poll } from '../../harness/poll';
import { atOnce } from './WebhookSender';
import type { Host } from './workflows';

/** The most executions that n8n returns at a time. */
const PAGE = 100;
/** Fewer deliveries than executions on a page: all of them may fail. */
const AT_A_TIME = 80;
/** At once, as a provider with some workers would. */
const CONCURRENCY = 8;

/** How the events of a story reach their example. */
export interface Played {
	readonly story: Story;
	readonly who: string;
	/** @returns the HTTP status */
	readonly send: (sent: Sent) => Promise<number>;
}

/** An execution that failed. */
interface Failure {
	readonly message: string;
	/** Its trigger's input, as text. */
	readonly given: string;
}

const issuancesSchema = z.array(
	z.looseObject({
		outcome: z.string(),
		recipient: z.string().optional(),
		body: z.looseObject({ credentialSubject: z.record(z.string(), z.unknown()) }).optional(),
	}),
);

/**
 * Plays stories in a real n8n, in one order, and compares the emulator’s books with the result that
 * each story expects.
 */
export class CorpusRun {
	private readonly read = new Set<string>();
	private readonly failures: Failure[] = [];
	/** The last execution before these. */
	private since = 0;
	sent = 0;

	constructor(
		private readonly host: Host,
		private readonly played: readonly Played[],
		private readonly random: () => number,
	) {}

	/** @returns what is wrong, in words; empty when everybody holds what they must */
	async play(): Promise<string[]> {
		const phases = this.played.map((one) => this.phasesOf(one));
		const [newest] = await this.host.api.executions.list({ limit: 1 });
		this.since = Number(newest?.id ?? 0);
		const wrong: string[] = [];
		for (let i = 0; i < Math.max(...phases.map(({ length }) => length)); i++) {
			const all = shuffled(
				this.played.flatMap((one, place) =>
					(phases[place]?.[i] ?? []).map((sent) => ({ one, sent })),
				),
				this.random,
			);
			const before = this.failures.length;
			for (let from = 0; from < all.length; from += AT_A_TIME) {
				await atOnce(CONCURRENCY, all.slice(from, from + AT_A_TIME), async ({ one, sent }) => {
					wrong.push(...(await this.send(one, sent)));
				});
				await this.settle();
			}
			// Events that failed because two came at once are sent again, as documented.
			const failed = this.failures.slice(before);
			for (const { one, sent } of all) {
				if (one.story.alert === 'always') continue;
				const text = JSON.stringify(sent.body);
				if (failed.some(({ given }) => given.includes(text))) await this.send(one, sent);
			}
			await this.settle();
		}
		const issued = await this.books();
		return [...wrong, ...this.played.flatMap((one) => this.wrongWith(one, issued))];
	}

	private phasesOf({ story, who }: Played): Sent[][] {
		const phases = story.phases(who).map((events) => deliveries(events, this.random));
		return story.oneByOne === true ? phases.flat().map((sent) => [sent]) : phases;
	}

	private async send({ story, who, send }: Played, sent: Sent): Promise<string[]> {
		this.sent += 1;
		const status = await send(sent);
		const expected = story.status ?? 200;
		return status === expected ? [] : [`${who}: answered ${status}`];
	}

	/** Waits until nothing runs any more, and reads the failures. */
	private async settle(): Promise<void> {
		const { executions } = this.host.api;
		await sleep(100);
		await poll('the executions to end', 120_000, async () => {
			const running = await executions.list({ status: ['running', 'new'], limit: 1 });
			return running.length === 0 ? true : undefined;
		});
		const failed = await executions.list({ status: ['error', 'crashed'], limit: PAGE });
		const unread = failed.filter(({ id }) => Number(id) > this.since && !this.read.has(id));
		if (unread.length === PAGE) throw new Error('more executions failed than n8n lists');
		for (const { id } of unread) {
			this.read.add(id);
			const { data } = await executions.get(id);
			const [first] = Object.values(data.resultData.runData);
			const { json } = first?.[0]?.data?.main?.[0]?.[0] ?? {};
			this.failures.push({
				message: data.resultData.error?.message ?? '',
				given: JSON.stringify(json?.body ?? json),
			});
		}
	}

	/**
	 * What AIR issued, by address, the oldest first: the tier, or the time of the review. What is not
	 * known is left out; an empty claim is named here, so that it fits nothing that is due.
	 */
	private async books(): Promise<Map<string, string[]>> {
		const { baseUrl } = this.host.air.emulator;
		const answer = await fetch(`${new URL(baseUrl).origin}/__control/requests`);
		const byAddress = new Map<string, string[]>();
		for (const { outcome, recipient = '', body } of issuancesSchema.parse(await answer.json())) {
			if (outcome !== 'issued' && outcome !== 'reissued') continue;
			const subject = body?.credentialSubject ?? {};
			const empty = Object.keys(subject).filter((name) => subject[name] === '');
			const claim = String(subject.tier ?? subject.verifiedAt);
			const told = empty.length === 0 ? claim : `${claim} with an empty ${empty.join(', ')}`;
			byAddress.set(recipient, [...(byAddress.get(recipient) ?? []), told]);
		}
		return byAddress;
	}

	private wrongWith({ story, who }: Played, issued: ReadonlyMap<string, string[]>): string[] {
		const wrong: string[] = [];
		const holds = story.holds(who);
		for (const [email, claims] of issued) {
			if (!email.startsWith(`${who}@`) && !email.startsWith(`${who}-`)) continue;
			const held = holds[email];
			if (held === undefined) {
				wrong.push(`nothing is due to ${email}, and got ${claims.join(', ')}`);
				continue;
			}
			if (claims.at(-1) !== held.last) wrong.push(`${email} got ${claims.join(', ')}`);
			const allowed = [...(held.before ?? []), held.last];
			for (const claim of claims) {
				const place = allowed.indexOf(claim);
				if (place < 0) wrong.push(`${email} got ${claims.join(', ')}: one too many`);
				else allowed.splice(place, 1);
			}
		}
		for (const email of Object.keys(holds)) {
			if (!issued.has(email)) wrong.push(`${email} got nothing`);
		}
		const own = this.failures.filter(({ given }) => given.includes(who));
		const messages = own.map(({ message }) => message);
		if (story.alert === 'never' && messages.length > 0)
			wrong.push(`failed: ${messages.join('; ')}`);
		if (
			story.alert === 'always' &&
			!messages.some((message) => story.says?.test(message) === true)
		) {
			wrong.push(`no alert as expected, but: ${messages.join('; ')}`);
		}
		return wrong.map((one) => `${who} (${story.what}): ${one}`);
	}
}
