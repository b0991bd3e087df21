import { createHmac } from 'node:crypto';
import { kycStories } from '../corpus/kycStories';
import type { KycProviderName } from '../corpus/kycStory';
import { randomFrom, type Sent, type Story } from '../corpus/Story';
import { stripeStories } from '../corpus/stripeStories';
import { readExample, triggerOf } from '../../scripts/examples';
import { CorpusRun, type Played } from './corpusRun';
import { choosing, ExampleHost, withoutStripe } from './exampleHost';
import { makeSecret } from './providerEvents';
import type { Host } from './workflows';

const SEED = Number(process.env.MOCA_AIR_CORPUS_SEED ?? Date.now() % 1_000_000);
const ORDER_MS = 600_000;

/**
 * A few orders are played with the cheapest settings: two fifths of n8n's CPU time for an order go to
 * expressions in an isolate, in which examples.test also runs each example. `npm run test:corpus` uses n8n as it
 * is installed.
 */
export const ENGINE: Readonly<Record<string, string>> =
	process.env.MOCA_AIR_CORPUS_ORDERS === undefined ? { N8N_EXPRESSION_ENGINE: 'legacy' } : {};

const secret = makeSecret();

const hmac = (algorithm: string, body: string) =>
	createHmac(algorithm, secret).update(body).digest('hex');

/** How each provider signs what it sends. */
const SIGNED: Readonly<
	Record<KycProviderName, (sent: Sent, body: string) => Record<string, string>>
> = {
	sumsub: ({ signed = 'SHA256' }, body) => ({
		'x-payload-digest-alg': `HMAC_${signed}_HEX`,
		'x-payload-digest': hmac(signed, body),
	}),
	persona: (_, body) => ({
		'persona-signature': `t=1768807125,v1=${hmac('SHA256', `1768807125.${body}`)}`,
	}),
	veriff: (_, body) => ({ 'x-hmac-signature': hmac('SHA256', body) }),
};

async function importStripe(examples: ExampleHost) {
	const { api } = examples.host;
	const { workflowId } = await examples.import('stripe-membership', withoutStripe);
	await api.workflows.activate(workflowId);
	return async ({ body }: Sent) => (await api.webhook('stripe-test', { body })).status;
}

async function importKyc(examples: ExampleHost, provider: KycProviderName) {
	const { api } = examples.host;
	const { id } = await api.credentials.create('crypto', 'Secret', { hmacSecret: secret });
	const chosen = choosing('n8n-nodes-base.crypto', 'crypto', { id, name: 'Secret' });
	const name = `kyc-${provider}`;
	const { workflowId } = await examples.import(name, chosen);
	await api.workflows.activate(workflowId);
	const path = String(triggerOf(readExample(name)).parameters.path);
	return async (sent: Sent) => {
		const body = JSON.stringify(sent.body);
		const headers = { 'content-type': 'application/json', ...SIGNED[provider](sent, body) };
		return (await api.webhook(path, { body, headers })).status;
	};
}

/**
 * Declares the tests that play the corpus of test/corpus through the examples, exactly as they are in
 * examples/ (only Stripe Trigger is replaced), in a real n8n, in random orders.
 * `npm run test:corpus` plays more of them, and takes the seed of a run that failed.
 *
 * @param providers - those in addition to Stripe
 */
export function testCorpus(
	orders: number,
	startIt: () => Promise<Host>,
	providers: readonly KycProviderName[] = ['sumsub', 'persona', 'veriff'],
): void {
	let host: Host;
	let stories: readonly Played[][];

	beforeAll(async () => {
		host = await startIt();
		host.air.emulator.control.setSettings({ recordBodies: true });
		const examples = new ExampleHost(host);
		const sending: [readonly Story[], (sent: Sent) => Promise<number>][] = [
			[stripeStories, await importStripe(examples)],
		];
		for (const provider of providers) {
			sending.push([kycStories[provider], await importKyc(examples, provider)]);
		}
		stories = Array.from({ length: orders }, (_, order) =>
			sending.flatMap(([list, send]) =>
				list.map((story) => ({
					story,
					send,
					who: `${story.id}-o${String(order + 1).padStart(4, '0')}`,
				})),
			),
		);
		const people = stories.flat().flatMap(({ story, who }) => story.people?.(who) ?? []);
		await examples.addRows('moca_kyc_people', people);
	}, 900_000);

	afterAll(async () => {
		await host.close();
	}, 120_000);

	test.each(Array.from({ length: orders }, (_, order) => [order + 1]))(
		'order %i: right person, right tier, once, or an alert that names the event',
		async (order) => {
			const seed = SEED + order - 1;
			const began = performance.now();
			const run = new CorpusRun(host, stories[order - 1] ?? [], randomFrom(seed));
			const wrong = await run.play();
			const seconds = Math.round((performance.now() - began) / 1000);
			process.stderr.write(
				`order ${order}, seed ${seed}: ${run.sent} deliveries, ${seconds} s, ${wrong.length} wrong\n`,
			);
			expect({ seed, wrong }).toEqual({ seed, wrong: [] });
		},
		ORDER_MS,
	);
}
