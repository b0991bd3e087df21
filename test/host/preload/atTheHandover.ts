import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Loaded into a tested n8n before anything else (`NODE_OPTIONS=--require`): makes what may happen
 * between a poll and its execution happen, when the test says so by a file (see `handover.ts`).
 * Written for what n8n 2.40.7 calls there (n8n-core triggers-and-pollers.js, n8n
 * workflows/workflow-execution.service.js).
 */
const folder = process.env.MOCA_AIR_TEST_SWITCHES ?? '';
const at = (name: string) => join(folder, name);

type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/** Holds the events of one poll back: the node has given them, and n8n does not know of them yet. */
const holding = (poll: Method): Method =>
	async function (...args) {
		const result = await poll.apply(this, args);
		if (result === null || !existsSync(at('hold'))) return result;
		const [workflow] = args as [{ readonly id: string }];
		writeFileSync(at('hold'), workflow.id);
		renameSync(at('hold'), at('held'));
		while (existsSync(at('held'))) await sleep(20);
		return result;
	};

/** Ends the process where n8n has taken the items, and has not made an execution of them yet. */
const killing = (run: Method): Method =>
	async function (...args) {
		if (args[4] === 'trigger' && existsSync(at('kill'))) {
			rmSync(at('kill'));
			process.kill(process.pid, 'SIGKILL');
		}
		return await run.apply(this, args);
	};

interface Change {
	readonly className: string;
	readonly method: string;
	readonly by: (method: Method) => Method;
}

/** What is still to be changed, by the file that has it. */
const changes = new Map<string, Change>([
	[
		'triggers-and-pollers',
		{ className: 'TriggersAndPollers', method: 'runPollFunction', by: holding },
	],
	[
		'workflow-execution.service',
		{ className: 'WorkflowExecutionService', method: 'runWorkflow', by: killing },
	],
]);

function change(file: string, loaded: unknown): void {
	const wanted = changes.get(file);
	if (wanted === undefined) return;
	type Loaded = Partial<Record<string, { prototype: Record<string, Method> }>>;
	// Not there yet if the module is just being loaded, and required by what it requires.
	const found = (loaded as Loaded)[wanted.className];
	const original = found?.prototype[wanted.method];
	if (found === undefined || original === undefined) return;
	found.prototype[wanted.method] = wanted.by(original);
	changes.delete(file);
	writeFileSync(at(`changed-${file}`), '');
}

const load = Object.getOwnPropertyDescriptor(Module.prototype, 'require')?.value as (
	id: string,
) => unknown;
Module.prototype.require = function (this: Module, id: string) {
	const loaded = load.call(this, id);
	change(id.slice(id.lastIndexOf('/') + 1), loaded);
	return loaded;
} as typeof Module.prototype.require;
