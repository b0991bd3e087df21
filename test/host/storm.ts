import { randomUUID } from 'node:crypto';
import type { Emulator, FaultInput, RequestRecord } from '../../emulator';
import { PROGRAM_ID } from '../../scripts/demoAir';
import type { AcceptedPost, End } from './books';
import { poll } from '../../harness/poll';
import type { WorkflowDefinition } from '../../harness/workflowsApi';

/** The webhooks, the workflow and the faults that the crash tests share. */
export interface KycEvent {
	readonly id: string;
	readonly email: string;
	readonly reviewedAt: string;
}

const WEBHOOKS = 50;
/** The number of webhooks about the same person, which revoke each other. */
const OF_ONE_PERSON = 6;
/** The node's timeout in seconds: it gives up on a hanging AIR soon, and a killed attempt's lease is short. */
const REQUEST_TIMEOUT = 2;

/** The same numbers for the same seed (mulberry32). */
function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
	return list
		.map((value) => ({ value, at: random() }))
		.sort((a, b) => a.at - b.at)
		.map(({ value }) => value);
}

/** The events of one run, in the order in which they are sent. */
export function kycEvents(seed: number, count = WEBHOOKS): KycEvent[] {
	const events = Array.from({ length: count }, (_, index) => ({
		id: `evt_${seed}_${index + 1}`,
		email: index < OF_ONE_PERSON ? 'same@example.com' : `person-${index + 1}@example.com`,
		reviewedAt: '2026-01-19T07:18:45Z',
	}));
	return shuffled(events, seeded(seed));
}

/** Faults of AIR, or of a server in front of it. */
const FAULTS: readonly FaultInput[] = [
	// More often than the node itself tries: n8n's Retry On Fail has to help.
	{ kind: 'answer', status: 429, retryAfter: { seconds: 1 }, times: 5 },
	{ kind: 'answer', status: 503, retryAfter: { seconds: 1 }, times: 2 },
	{ kind: 'reset' },
	{ kind: 'reset', afterWork: true },
	{ kind: 'answer', status: 500, afterWork: true },
	{ kind: 'hang' },
	{ kind: 'hang', afterWork: true },
];
const EACH = 2;

/**
 * Makes AIR slow (150 or 400 ms) and unreliable. The seed decides which people a fault affects, not the
 * order in which requests arrive: so a seed means the same on every machine.
 */
export function armFaults({ control }: Emulator, events: readonly KycEvent[], seed: number): void {
	const people = shuffled([...new Set(events.map(({ email }) => email))], seeded(seed + 1));
	for (const fault of FAULTS) {
		for (const recipient of people.splice(0, EACH)) {
			control.injectFault({ ...fault, operation: 'issue', recipient });
		}
	}
	control.setSettings({ latencyMs: 150 });
	control.injectFault({ kind: 'delay', operation: 'issue', delayMs: 400, probability: 0.5, seed });
}

/** The workflow as a user would build it: the sender's event ID is the key, and n8n retries on failure. */
export function stormWorkflow(
	path: string,
	credential: { readonly id: string; readonly name: string },
): WorkflowDefinition {
	return {
		name: path,
		nodes: [
			{
				id: 'webhook',
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				webhookId: randomUUID(),
				parameters: { httpMethod: 'POST', path, responseMode: 'lastNode' },
			},
			{
				id: 'issue',
				name: 'Issue',
				type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
				typeVersion: 1,
				position: [200, 0],
				retryOnFail: true,
				maxTries: 3,
				waitBetweenTries: 1000,
				parameters: {
					recipient: '={{ $json.body.email }}',
					issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
					subjectMode: 'json',
					subjectJson: subjectOf('$json.body'),
					onDuplicate: 'revoke',
					idempotency: 'event',
					eventId: '={{ $json.body.id }}',
					expert: { requestTimeout: REQUEST_TIMEOUT },
				},
				credentials: { mocaAirApi: credential },
			},
		],
		connections: { Webhook: { main: [[{ node: 'Issue', type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	};
}

// After a 429 the node sends one by one, so there may be only one in flight.
const MIDDLE = { answered: 12, inFlight: 1 };

/**
 * Waits until a crash would do the most harm: some webhooks are answered, some POSTs are in flight, some
 * not begun.
 */
export async function underWay({ control }: Emulator, ends: ReadonlyMap<string, End>) {
	await poll('the middle of the storm', 120_000, () => {
		const middle = ends.size >= MIDDLE.answered && control.counts().inFlight >= MIDDLE.inFlight;
		return Promise.resolve(middle ? true : undefined);
	});
	const { issuances, inFlight } = control.counts();
	return { killedAt: Date.now(), answered: ends.size, issuances, inFlight };
}

/** AIR's answers just before a crash may never be recorded: this long before it, on a busy machine. */
const CRASH_MS = 10_000;

const answeredWhole = ({ status, cutOff }: RequestRecord) => status === 200 && cutOff !== true;

/** The event ID travels in the subject, because AIR is told no idempotency key. */
export const subjectOf = (event: string) =>
	`={{ { kycLevel: "basic", kycProvider: ${event}.id, verifiedAt: ${event}.reviewedAt, isOver18: true } }}`;

const eventIdOf = ({ body }: RequestRecord) =>
	(body as { credentialSubject?: { kycProvider?: string } } | undefined)?.credentialSubject
		?.kycProvider ?? 'nobody’s';

/**
 * The POSTs that AIR carried out, from the emulator's own record.
 *
 * @param crashes - when a process was killed
 */
export function acceptedPosts(
	{ control }: Emulator,
	...crashes: readonly number[]
): AcceptedPost[] {
	const revoked = new Set(
		control
			.issuances()
			.filter(({ revokedBy }) => revokedBy !== undefined)
			.map(({ coreClaimHash }) => coreClaimHash),
	);
	return control
		.requests()
		.filter(({ outcome }) => outcome === 'issued' || outcome === 'reissued')
		.map((record) => {
			const { at, ms = 0, recipient = '', coreClaimHash = '' } = record;
			const nearCrash = crashes.some(
				(killedAt) => at <= killedAt && at + ms >= killedAt - CRASH_MS,
			);
			return {
				eventId: eventIdOf(record),
				recipient,
				coreClaimHash,
				told: answeredWhole(record) && !nearCrash,
				revoked: revoked.has(coreClaimHash),
			};
		});
}
