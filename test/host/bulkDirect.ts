import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { N8nApi } from '../../harness/n8nApi';
import { poll } from '../../harness/poll';
import { jsonOf } from '../../harness/runData';
import type { DemoAir } from '../../scripts/demoAir';
import { reportRow } from '../support/report';
import { CREDENTIAL, inRow, node } from './workflows';

/**
 * One execution that issues to everybody directly, whose process is killed in the middle, and the same
 * once more. `npm run test:bulk` does it with 10,000 people.
 */
export const PEOPLE = Number(process.env.MOCA_AIR_BULK_DIRECT ?? 300);
/** On a machine that has other things to do. */
export const BULK_WITHIN_MS = 300_000 + PEOPLE * 100;

const MB = 1024 * 1024;
/** More than the items of one execution take, and far less than a few KB too much for each would. */
const MAY_GROW_MB = 150;
const SAMPLE_MS = 250;

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

/** Issues to everybody, with a crash when a third has it; then again. Checks that everybody has one. */
export async function issueInBulk({ mode, air, fields, ...run }: BulkRun): Promise<void> {
	const { control } = air.emulator;
	const { signIn, pid, crash, say } = run;
	control.clearFaults();
	control.setSettings({ latencyMs: 20 });
	const before = control.counts();
	const path = `bulk-${mode}`;
	const people = Array.from({ length: PEOPLE }, (_, index) => ({
		id: `${path}-${index}`,
		email: `${path}-${index}@example.com`,
		level: index % 2 === 0 ? 'basic' : 'full',
	}));
	const stored = () => control.counts().stored - before.stored;

	let api = await signIn();
	const credential = await api.credentials.create(CREDENTIAL, path, {
		...air.credential,
		...fields,
	});
	const { id: workflowId } = await api.workflows.create(workflowOf(path, credential));
	await api.workflows.activate(workflowId);
	const send = async () => {
		const answer = await api.webhook(path, { method: 'POST', body: { people } });
		expect(answer.status).toBe(200);
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
	const [killed] = await api.executions.list({ workflowId });
	await send();
	const samples: number[] = [];
	const began = Date.now();
	const sampling = setInterval(() => {
		const bytes = residentBytes(pid());
		// While those that are stored already are looked up, the list itself is still coming in.
		if (bytes > 0 && stored() > atCrash) samples.push(bytes);
	}, SAMPLE_MS);
	try {
		const again = await poll('the second run to end', BULK_WITHIN_MS, async () => {
			const [newest] = await api.executions.list({ workflowId });
			if (newest === undefined || newest.id === killed?.id) return undefined;
			return ['new', 'running', 'unknown'].includes(newest.status) ? undefined : newest;
		});
		clearInterval(sampling);
		const seconds = (Date.now() - began) / 1000;
		expect(again.status).toBe('success');

		const { data } = await api.executions.get(again.id);
		const items = z.array(reported).parse(jsonOf(data, 'Issue'));
		expect(items.map(({ email }) => email)).toEqual(people.map(({ email }) => email));
		const told = (outcome: string) => items.filter((item) => item.outcome === outcome).length;
		expect(told('issued') + told('alreadyIssued')).toBe(PEOPLE);

		const held = control.stored().filter(({ recipient }) => recipient.startsWith(`${path}-`));
		expect(held.map(({ recipient }) => recipient).sort()).toEqual(
			people.map(({ email }) => email).sort(),
		);
		const ids = new Map(held.map(({ recipient, externalId }) => [recipient, externalId]));
		expect(items.filter(({ email, externalId }) => ids.get(email) !== externalId)).toEqual([]);
		const sample = people.filter((_, index) => index % Math.ceil(PEOPLE / 20) === 0);
		for (const { email } of sample) {
			expect(await control.wallet(email)).toMatchObject([{ valid: true }]);
		}

		const { first, last, most } = grown(samples);
		const row = {
			Mode: mode,
			People: PEOPLE,
			'Stored when killed': atCrash,
			'Then issued': told('issued'),
			'Then known': told('alreadyIssued'),
			'Sent again': control.counts().storeRepeats - before.storeRepeats,
			'Stored twice': held.length - ids.size,
			'Seconds of the second run': Math.round(seconds),
			'RSS, MB: first fifth, last fifth, most': `${first}, ${last}, ${most} (${samples.length} samples)`,
		};
		say(JSON.stringify(row));
		reportRow(row);
		expect(samples.length).toBeGreaterThan(0);
		expect(last - first).toBeLessThan(MAY_GROW_MB);
	} finally {
		clearInterval(sampling);
	}
}
