import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureN8n } from '../../harness/install';
import { readExample, triggerOf } from '../../scripts/examples';
import { subscription, thin } from '../corpus/stripeEvents';
import { makeSecret } from './providerEvents';

/**
 * What n8n's own Stripe Trigger lets through: docs/examples.md says what to do about the rest. Everywhere
 * else a Webhook stands in for it, since it registers itself with Stripe.
 */
interface Trigger {
	webhook(this: unknown): Promise<{ workflowData?: unknown[][] }>;
}

let trigger: Trigger;
const secret = makeSecret();
const { events } = triggerOf(readExample('stripe-membership')).parameters;

beforeAll(async () => {
	const { dir } = await ensureN8n({ log: () => undefined });
	const requireThere = createRequire(join(dir, 'node_modules', 'n8n-nodes-base', 'package.json'));
	const { StripeTrigger } = requireThere('./dist/nodes/Stripe/StripeTrigger.node.js') as {
		StripeTrigger: new () => Trigger;
	};
	trigger = new StripeTrigger();
}, 900_000);

const active = subscription('updated', { id: 'ada_1', day: 0, customer: 'cus_ada' }).body;

/**
 * Delivers an event to a trigger that is published, signed with these secrets.
 *
 * @returns how the trigger answered, and whether the workflow started
 */
async function deliver(body: object, ...signedWith: readonly string[]) {
	const rawBody = Buffer.from(JSON.stringify(body));
	const seconds = String(Math.floor(Date.now() / 1000));
	const signatures = signedWith.map(
		(key) =>
			`v1=${createHmac('sha256', key).update(`${seconds}.${rawBody.toString()}`).digest('hex')}`,
	);
	let status = 200;
	const answer = {
		status: (code: number) => {
			status = code;
			return answer;
		},
		send: () => answer,
		end: () => answer,
	};
	const given = await trigger.webhook.call({
		getBodyData: () => body,
		getRequestObject: () => ({
			rawBody,
			body,
			header: () => [`t=${seconds}`, ...signatures].join(','),
		}),
		getResponseObject: () => answer,
		getNodeParameter: () => events,
		getWorkflowStaticData: () => ({ webhookSecret: secret }),
		getCredentials: async () => await Promise.resolve({ signatureSecret: '' }),
		helpers: { returnJsonArray: (one: object) => [{ json: one }] },
	});
	return { status, starts: given.workflowData !== undefined };
}

test('an event that is signed with the secret of its own webhook starts the workflow', async () => {
	expect(await deliver(active, secret)).toEqual({ status: 200, starts: true });
});

test('an event of a destination that was made by hand, or after the secret was rolled: 401', async () => {
	expect(await deliver(active, makeSecret())).toEqual({ status: 401, starts: false });
});

test('no signature: 401', async () => {
	expect(await deliver(active)).toEqual({ status: 401, starts: false });
});

test('while a secret is rolled, only the last of the two signatures counts', async () => {
	expect(await deliver(active, makeSecret(), secret)).toEqual({ status: 200, starts: true });
	expect(await deliver(active, secret, makeSecret())).toEqual({ status: 401, starts: false });
});

test('a thin event starts nothing, and no alert comes', async () => {
	const { body } = thin({ id: 'ada_2', day: 0 }, 'sub_only_ada');
	expect(await deliver(body, secret)).toEqual({ status: 200, starts: false });
});
