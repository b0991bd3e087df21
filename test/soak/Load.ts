import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import type { FaultInput } from '../../emulator';
import { PARTNER_ID } from '../../scripts/demoAir';
import { BatchSender } from '../host/BatchSender';
import type { End } from '../host/books';
import type { Recorder } from '../host/recorder';
import { subjectOf, type KycEvent } from '../host/storm';
import { inRow, node, type Host, type Json, type Node } from '../host/workflows';

/** A program that AIR does not know. */
export const NO_PROGRAM = 'c21s70g0i54sn0029999No';
/** The nodes' timeout in seconds: a hanging attempt is given up soon. */
const REQUEST_TIMEOUT = 5;
const PATIENCE_MS = 120_000;
const ENDS_WITHIN_MS = 300_000;
const PEOPLE_A_WEBHOOK = 10;
const WAITED_FOR = 3;
/** People who get credentials repeatedly. */
const REGULARS = 50;
const ONE_IN = 20;

/** AIR's faults, one after another. */
const FAULTS: readonly FaultInput[] = [
	{ kind: 'answer', operation: 'issue', status: 429, retryAfter: { seconds: 1 }, times: 2 },
	{ kind: 'answer', operation: 'issue', status: 500 },
	{ kind: 'answer', operation: 'status', status: 429, retryAfter: { seconds: 1 } },
	{ kind: 'reset', operation: 'issue', afterWork: true },
	{ kind: 'answer', operation: 'issue', status: 503, retryAfter: { seconds: 1 } },
	{ kind: 'answer', operation: 'status', status: 500, times: 3 },
	{ kind: 'hang', operation: 'status' },
];

const webhook = (path: string) =>
	node(
		'Webhook',
		'n8n-nodes-base.webhook',
		{ httpMethod: 'POST', path, responseMode: 'lastNode', responseData: 'allEntries' },
		{ typeVersion: 2, webhookId: path },
	);

const split = (field: string) =>
	node('Split', 'n8n-nodes-base.splitOut', { fieldToSplitOut: `body.${field}` });

const oneByOne: Json = { onError: 'continueRegularOutput' };

/** The load on a real n8n during the soak, in loops that run until they are told to end. */
export class Load {
	/** The outcome of every event that was sent, by its ID. */
	readonly ends = new Map<string, End>();
	/** What happened, and how often. */
	readonly counts = new Map<string, number>();
	triggerId = '';
	private people = 0;
	private faults = 0;
	private over = false;
	/** The latest issuances. */
	private recent: { readonly coreClaimHash: string; readonly email: string }[] = [];

	constructor(
		private readonly host: Host,
		private readonly recorder: Recorder,
		private readonly credentials: Record<string, { id: string; name: string }>,
	) {}

	/** Saves and activates the workflows. */
	async prepare(): Promise<void> {
		await this.activate(webhook('people'), split('people'), this.issuing({}));
		await this.activate(
			webhook('waiting'),
			split('people'),
			this.issuing({ waitUntilOnChain: true, waitTimeout: 60 }),
		);
		await this.activate(
			webhook('refused'),
			this.host.issueNode(
				{ credentials: this.credentials },
				{
					recipient: '={{ $json.body.email }}',
					issuanceProgram: { __rl: true, mode: 'id', value: NO_PROGRAM },
					options: { requestTimeout: REQUEST_TIMEOUT },
				},
			),
		);
		await this.activate(
			webhook('status'),
			split('issued'),
			this.own(
				'mocaAirGetIssuanceStatus',
				{ expert: { requestTimeout: REQUEST_TIMEOUT } },
				oneByOne,
			),
		);
		await this.activate(
			webhook('token'),
			this.own('mocaAir', { operation: 'createPartnerJwt', scope: 'issue' }),
			node(
				'Use',
				'n8n-nodes-base.set',
				{
					assignments: {
						assignments: [
							{ id: 'a', name: 'length', value: '={{ $json.token.length }}', type: 'number' },
						],
					},
					options: {},
				},
				{ typeVersion: 3.4 },
			),
		);
		await this.activate(
			this.own(
				'mocaAirJwksTrigger',
				{ path: `${PARTNER_ID}/.well-known/jwks.json` },
				{ webhookId: 'jwks' },
			),
		);
		this.triggerId = await this.activate(
			this.own('mocaAirTrigger', {
				pollTimes: {
					item: [0, 20, 40].map((second) => ({
						mode: 'custom',
						cronExpression: `${second} * * * * *`,
					})),
				},
				events: ['confirmed', 'delayed', 'notUsable'],
			}),
			this.recorder.nodeForAll('soak'),
		);
	}

	/** Continues until `end`, and then until every event has a final outcome. */
	async run(): Promise<void> {
		await Promise.all([
			this.again(300, () => this.issue('people', PEOPLE_A_WEBHOOK)),
			this.again(300, () => this.issue('people', PEOPLE_A_WEBHOOK)),
			this.again(300, () => this.issue('people', PEOPLE_A_WEBHOOK)),
			this.again(500, () => this.issue('waiting', WAITED_FOR)),
			this.again(2_000, () => this.beRefused()),
			this.again(700, () => this.askStatus()),
			this.again(1_000, () => this.fetchJwks()),
			this.again(2_000, () => this.createToken()),
			this.again(10_000, () => this.goWrong()),
		]);
	}

	end(): void {
		this.over = true;
	}

	private async again(pauseMs: number, what: () => Promise<void>): Promise<void> {
		while (!this.over) {
			await what();
			await sleep(pauseMs);
		}
	}

	private async activate(...nodes: readonly Node[]): Promise<string> {
		const { workflows } = this.host.api;
		const { id } = await workflows.create(inRow(...nodes));
		await workflows.activate(id);
		return id;
	}

	private own(type: string, parameters: Json, rest: Json = {}): Node {
		const name = `n8n-nodes-moca-air.${type}`;
		return node('Moca AIR', name, parameters, { credentials: this.credentials, ...rest });
	}

	private issuing(options: Json): Node {
		return this.host.issueNode(
			{ ...oneByOne, credentials: this.credentials },
			{
				subjectJson: subjectOf('$json'),
				idempotency: 'event',
				eventId: '={{ $json.id }}',
				options: { requestTimeout: REQUEST_TIMEOUT, ...options },
			},
		);
	}

	/** One webhook about new people, delivered until each has a final outcome; some are delivered once more. */
	private async issue(path: string, count: number): Promise<void> {
		const people = Array.from({ length: count }, () => this.person());
		const sender = new BatchSender({
			url: this.url(path),
			batches: [{ people }],
			atOnce: 1,
			patienceMs: PATIENCE_MS,
		});
		await sender.untilAllEnded(ENDS_WITHIN_MS);
		if (this.people % (ONE_IN * count) < count) {
			await sender.round([{ people }]);
			this.count('items delivered again, replayed', sender.replays);
		}
		for (const [id, end] of sender.ends) {
			this.ends.set(id, end);
			this.count(end.how === 'answered' ? `items issued (${path})` : 'items “outcome unknown”');
			const email = people.find((person) => person.id === id)?.email ?? '';
			if (end.how === 'answered')
				this.recent = [{ coreClaimHash: end.coreClaimHash, email }, ...this.recent].slice(0, 20);
		}
		for (const [what, times] of sender.setbacks) this.count(`setback ${what}`, times);
	}

	private person(): KycEvent {
		this.people += 1;
		const number =
			this.people % ONE_IN === 0 ? `regular-${(this.people / ONE_IN) % REGULARS}` : this.people;
		return {
			id: `evt_soak_${this.people}`,
			email: `person-${number}@example.com`,
			reviewedAt: '2026-01-19T07:18:45Z',
		};
	}

	private goWrong(): Promise<void> {
		const fault = FAULTS[this.faults++ % FAULTS.length];
		if (fault !== undefined) this.host.air.emulator.control.injectFault(fault);
		return Promise.resolve();
	}

	/** An execution that stops with AIR's 404. */
	private async beRefused(): Promise<void> {
		this.people += 1;
		const answer = await this.post('refused', { email: `refused-${this.people}@example.com` });
		if (answer === undefined) return;
		if (answer.status !== 500) throw new Error(`a refusal was answered ${answer.status}`);
		this.count('executions stopped by a refusal of AIR');
	}

	private async askStatus(): Promise<void> {
		const issued = [
			...this.recent.slice(0, 4),
			{ coreClaimHash: 'f'.repeat(64), email: 'nobody@example.com' },
		];
		const answer = await this.post('status', { issued });
		if (answer === undefined) return;
		const { status, text } = answer;
		const answers = z
			.array(z.looseObject({ error: z.string().optional() }))
			.parse(JSON.parse(text));
		if (status !== 200 || answers.length !== issued.length) {
			throw new Error(`${issued.length} questions were answered ${status}: ${text.slice(0, 500)}`);
		}
		const failed = answers.filter(({ error }) => error !== undefined).length;
		this.count('statuses asked, known', answers.length - failed);
		this.count('statuses asked, refused', failed);
	}

	private async fetchJwks(): Promise<void> {
		const url = this.url(`${PARTNER_ID}/.well-known/jwks.json`);
		const whole = await fetch(url);
		const { keys } = z.object({ keys: z.array(z.unknown()).min(1) }).parse(await whole.json());
		// Not with fetch, which asks for a whole answer when it is given an ETag.
		const known = await request(url, {
			headers: { 'if-none-match': whole.headers.get('etag') ?? '' },
		});
		await known.body.dump();
		if (known.statusCode !== 304) {
			throw new Error(`${keys.length} known keys: ${known.statusCode}`);
		}
		this.count('JWKS fetched', 2);
	}

	private async createToken(): Promise<void> {
		const answer = await this.post('token', {});
		if (answer === undefined) return;
		const { status, text } = answer;
		if (!/"length":\s*\d{3,}/.test(text))
			throw new Error(`a token: ${status} ${text.slice(0, 500)}`);
		this.count('Partner JWTs created');
	}

	/** @returns undefined when the sender hung up: counted, as a sender of webhooks would try again */
	private async post(
		path: string,
		body: unknown,
	): Promise<{ status: number; text: string } | undefined> {
		try {
			const response = await fetch(this.url(path), {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
				signal: AbortSignal.timeout(PATIENCE_MS),
			});
			return { status: response.status, text: await response.text() };
		} catch (error) {
			if (!(error instanceof DOMException) || error.name !== 'TimeoutError') throw error;
			this.count(`no answer within ${PATIENCE_MS / 1000} s (${path})`);
			return undefined;
		}
	}

	private url(path: string): string {
		return `${this.host.n8n.url}/webhook/${path}`;
	}

	private count(what: string, times = 1): void {
		this.counts.set(what, (this.counts.get(what) ?? 0) + times);
	}
}
