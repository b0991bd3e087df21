import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { N8nApi } from '../../harness/n8nApi';
import { poll } from '../../harness/poll';
import { jsonOf } from '../../harness/runData';
import type { DemoAir } from '../../scripts/demoAir';
import { reportRow } from '../support/report';
import { CREDENTIAL, inRow, node, type Json } from './workflows';

/**
 * One execution that issues to everybody directly, whose process is killed in the middle, and the same
 * once more. `npm run test:bulk` does it with 10,000 people.
 */
export const PEOPLE = Number(process.env.MOCA_AIR_BULK_DIRECT ?? 300);
/** On a machine that has other things to do. */
export const BULK_WITHIN_MS = 300_000 + PEOPLE * 100;

const MB = 1024 * 1024;
/** A process that has just started grows by itself at first: by 250 MB within its first 300 items. */
const MAY_GROW_MB = 400;
const SAMPLE_MS = 250;
/** As many as are sent at once at most, and those that have begun before they have a place. */
const MOST_UNDER_WAY = 100 + 16;

export interface BulkRun {
	readonly mode: 'regular' | 'queue';
	readonly air: DemoAir;
	/** Of the credential, besides those that fit the emulated AIR. */
	readonly fields: Record<string, string>;
	/** The API of an n8n that may have been started again. */
	readonly signIn: () => Promise<N8nApi>;
	/** The process that executes. */
	readonly pid: () => number;
	/** Ends it as a crash would, and puts another one in its place. */
	readonly crash: () => Promise<void>;
	readonly say: (line: string) => void;
}

/** Resident memory of a process, in bytes; 0 once it has ended. */
function residentBytes(pid: number): number {
	try {
		const [, kilobytes = '0'] =
			/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
		return Number(kilobytes) * 1024;
	} catch {
		return 0;
	}
}

const median = (values: readonly number[]) =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The median of the first and of the last fifth, and the most, in MB. */
function grown(samples: readonly number[]) {
	const fifth = Math.max(1, Math.floor(samples.length / 5));
	return {
		first: Math.round(median(samples.slice(0, fifth)) / MB),
		last: Math.round(median(samples.slice(-fifth)) / MB),
		most: Math.round(Math.max(...samples) / MB),
	};
}

/** Samples the memory of a process while something goes on. */
async function sampled<T>(
	sample: () => number | undefined,
	work: () => Promise<T>,
): Promise<{ samples: number[]; result: T }> {
	const samples: number[] = [];
	const timer = setInterval(() => {
		const bytes = sample();
		if (bytes !== undefined && bytes > 0) samples.push(bytes);
	}, SAMPLE_MS);
	try {
		return { result: await work(), samples };
	} finally {
		clearInterval(timer);
	}
}

/** As a user builds it: the list comes in one webhook, and one item that fails ends none of the others. */
const workflowOf = (path: string, credential: { id: string; name: string }) =>
	inRow(
		node(
			'Webhook',
			'n8n-nodes-base.webhook',
			{ httpMethod: 'POST', path, responseMode: 'onReceived' },
			{ typeVersion: 2, webhookId: randomUUID() },
		),
		node('People', 'n8n-nodes-base.splitOut', { fieldToSplitOut: 'body.people' }),
		node(
			'Issue',
			'n8n-nodes-moca-air.mocaAir',
			{
				resource: 'credential',
				operation: 'issueDirectly',
				recipient: '={{ $json.email }}',
				credentialType: 'https://example.com/types/kyc',
				schemaId: '01KSTQK70XGFBT558HRHFB',
				subjectMode: 'json',
				subjectJson: '={{ { "kycLevel": $json.level, "isOver18": true } }}',
				idempotency: 'event',
				eventId: '={{ $json.id }}',
				// A killed attempt's lease is short.
				expert: { requestTimeout: 5 },
			},
			{
				onError: 'continueRegularOutput',
				credentials: { [CREDENTIAL]: { id: credential.id, name: credential.name } },
			},
		),
	);

const reported = z.object({ email: z.string(), outcome: z.string(), externalId: z.string() });
/** What the dead process had under way is somebody's until its lease ends, over a minute later. */
const busy = z.object({ outcome: z.literal('notIssued'), code: z.literal('AIR_ISSUE_BUSY') });
const isBusy = (item: unknown) => busy.safeParse(item).success;

/** Issues to everybody, with a crash when a third has it; then again. Checks that everybody has one. */
export async function issueInBulk({ mode, air, fields, ...run }: BulkRun): Promise<void> {
	const { control } = air.emulator;
	const { signIn, pid, crash, say } = run;
	control.clearFaults();
	control.setSettings({ latencyMs: 20 });
	const before = control.counts();
	const stored = () => control.counts().stored - before.stored;
	const path = `bulk-${mode}`;
	const people = Array.from({ length: PEOPLE }, (_, index) => ({
		id: `${path}-${index}`,
		email: `${path}-${index}@example.com`,
		level: index % 2 === 0 ? 'basic' : 'full',
	}));

	let api = await signIn();
	const credential = await api.credentials.create(CREDENTIAL, path, {
		...air.credential,
		...fields,
	});
	const { id: workflowId } = await api.workflows.create(workflowOf(path, credential));
	await api.workflows.activate(workflowId);
	const newest = async () => (await api.executions.list({ workflowId }))[0];
	/** @returns the ID of the newest execution before */
	const send = async () => {
		const last = await newest();
		const answer = await api.webhook(path, { method: 'POST', body: { people } });
		expect(answer.status).toBe(200);
		return last?.id;
	};
	/** Delivers the list, waits, and gives what came out, an item for each person. */
	const issueToAll = async (): Promise<Json[]> => {
		const last = await send();
		const over = await poll('the run to end', BULK_WITHIN_MS, async () => {
			const execution = await newest();
			if (execution === undefined || execution.id === last) return undefined;
			return ['new', 'running', 'unknown'].includes(execution.status) ? undefined : execution;
		});
		expect(over.status).toBe('success');
		return jsonOf((await api.executions.get(over.id)).data, 'Issue');
	};

	await send();
	await poll('a third to be stored', BULK_WITHIN_MS, () =>
		Promise.resolve(stored() >= PEOPLE / 3 || undefined),
	);
	await crash();
	const atCrash = stored();
	expect(atCrash).toBeLessThan(PEOPLE);
	say(`${mode}: killed when ${atCrash} of ${PEOPLE} were stored`);

	api = await signIn();
	const began = Date.now();
	const { result: second, samples } = await sampled(
		// While those that are stored already are looked up, the list itself is still coming in.
		() => (stored() > atCrash ? residentBytes(pid()) : undefined),
		issueToAll,
	);
	const seconds = (Date.now() - began) / 1000;
	const issuedThen = second.filter(({ outcome }) => outcome === 'issued').length;
	const waiting = second.filter(isBusy).length;
	// A queue starts the run that was killed once more by itself, and then both are under way.
	expect(waiting).toBeLessThanOrEqual(mode === 'queue' ? 2 * MOST_UNDER_WAY : MOST_UNDER_WAY);
	let output = second;
	for (let runs = 0; output.some(isBusy) && runs < 5; runs++) output = await issueToAll();

	const items = z.array(reported).parse(output);
	expect(items.map(({ email }) => email)).toEqual(people.map(({ email }) => email));
	expect(items.filter(({ outcome }) => !['issued', 'alreadyIssued'].includes(outcome))).toEqual([]);
	const held = control.stored().filter(({ recipient }) => recipient.startsWith(`${path}-`));
	const recipients = held.map(({ recipient }) => recipient);
	expect(recipients.sort()).toEqual(people.map(({ email }) => email).sort());
	const ids = new Map(held.map(({ recipient, externalId }) => [recipient, externalId]));
	expect(items.filter(({ email, externalId }) => ids.get(email) !== externalId)).toEqual([]);
	for (const { email } of people.filter((_, index) => index % Math.ceil(PEOPLE / 20) === 0)) {
		expect(await control.wallet(email)).toMatchObject([{ valid: true }]);
	}

	const { first, last, most } = grown(samples);
	const row = {
		Mode: mode,
		People: PEOPLE,
		'Stored when killed': atCrash,
		'Issued by the second run': issuedThen,
		'Under way when killed': waiting,
		'Sent again': control.counts().storeRepeats - before.storeRepeats,
		'Stored twice': held.length - ids.size,
		'Seconds of the second run': Math.round(seconds),
		'RSS in MB: first fifth, last fifth, most': `${first}, ${last}, ${most}`,
		Samples: samples.length,
	};
	say(JSON.stringify(row));
	reportRow(row);
	expect(samples.length).toBeGreaterThan(0);
	expect(last - first).toBeLessThan(MAY_GROW_MB);
}
