import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../harness/poll';

/** n8n's shortest interval, with reserve for a busy machine. */
export const REAL_POLL_MS = 150_000;
const DEATH_MS = 60_000;

/**
 * Events that a test can cause in an n8n between a poll and its execution. n8n must be started with
 * `env`; the other side is `preload/atTheHandover.ts`.
 */
export class Handover {
	readonly env: Record<string, string>;

	/** @param folder - for the files by which the two sides communicate */
	constructor(private readonly folder: string) {
		mkdirSync(folder, { recursive: true });
		this.env = {
			NODE_OPTIONS: `--require ${join(__dirname, 'preload', 'atTheHandover.ts')}`,
			MOCA_AIR_TEST_SWITCHES: folder,
		};
	}

	/** Without them nothing would happen, and a test might pass for that reason. */
	assertInPlace(): void {
		const found = readdirSync(this.folder).filter((name) => name.startsWith('changed-'));
		if (found.length < 2) throw new Error(`n8n is not as expected: only ${found.join(', ')}`);
	}

	/** The next events that a poll finds will be held back until `letGo`. */
	holdNext(): void {
		writeFileSync(this.at('hold'), '');
	}

	/** @returns the ID of the workflow whose events are held back */
	async untilHeld(): Promise<string> {
		const isHeld = () => existsSync(this.at('held')) || undefined;
		await poll('a poll with events', REAL_POLL_MS, () => Promise.resolve(isHeld()));
		return readFileSync(this.at('held'), 'utf8');
	}

	letGo(): void {
		rmSync(this.at('held'));
	}

	/** n8n will die when it is about to execute the items of the next poll that has any. */
	killNext(): void {
		writeFileSync(this.at('kill'), '');
	}

	async untilKilled(pid: number): Promise<void> {
		await poll('n8n to die', DEATH_MS, () =>
			Promise.resolve((!existsSync(this.at('kill')) && !isAlive(pid)) || undefined),
		);
	}

	private at(name: string): string {
		return join(this.folder, name);
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
