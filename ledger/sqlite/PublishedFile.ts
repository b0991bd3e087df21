import { open, stat, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import type { RevokedMark } from '../Revocations';
import type { Published, PublishedPlaces } from '../sql/Published';
import { errorCode, fileFailure } from './failure';

/** A file beside the ledger: a line of JSON for each revocation. It is append-only. */
export const revokedFileOf = (file: string) => `${file}.revoked`;

const listLine = z.object({ realm: z.string(), list: z.string(), size: z.int().positive() });
const markLine = z.object({
	realm: z.string(),
	number: z.string(),
	list: z.string().nullable(),
	index: z.int().min(0).nullable(),
	at: z.int(),
});
type ListLine = z.infer<typeof listLine>;

function parsed(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		// The process may have ended in the middle of a line; what is missing will be added again.
		return undefined;
	}
}

/** `Published` in a file. Several processes of one host may add to it at once: each adds whole lines. */
export class PublishedFile implements Published {
	private readonly lists = new Map<string, ListLine>();
	private readonly marks = new Map<string, RevokedMark>();
	/** How many bytes were read so far. */
	private read = 0;

	/** @param readOnly - nothing is added */
	constructor(
		private readonly file: string,
		private readonly readOnly: boolean,
	) {}

	async note(...[lists, marks]: Parameters<Published['note']>): Promise<void> {
		if (this.readOnly) return;
		await this.refresh();
		const lines = [
			...lists
				.filter(({ id }) => !this.lists.has(id))
				.map(({ id, realm, size }) => ({ realm, list: id, size })),
			...marks.filter(({ number }) => !this.marks.has(number)),
		];
		if (lines.length === 0) return;
		// The line break comes first, so that half a line, left by a process that ended, does not damage
		// the next.
		const text = lines.map((line) => `\n${JSON.stringify(line)}`).join('');
		await this.using('a', async (handle) => {
			await handle.write(`${text}\n`);
			await handle.datasync();
		});
		await this.refresh();
	}

	async list(realm: string, id: string): Promise<PublishedPlaces | undefined> {
		await this.refresh();
		const list = this.lists.get(id);
		if (list?.realm !== realm) return undefined;
		const marks = [...this.marks.values()].filter((mark) => mark.list === id);
		return {
			size: list.size,
			revoked: marks.flatMap(({ index }) => index ?? []),
			changedAt: marks.reduce((latest, { at }) => Math.max(latest, at), 0),
		};
	}

	/** Everything that was ever revoked beside this file. */
	async revoked(): Promise<readonly RevokedMark[]> {
		await this.refresh();
		return [...this.marks.values()];
	}

	async isRevoked(realm: string, number: string): Promise<boolean> {
		await this.refresh();
		return this.marks.get(number)?.realm === realm;
	}

	/** Reads what was added since. */
	private async refresh(): Promise<void> {
		const size = await this.size();
		if (size < this.read) {
			// The file was replaced by another one. What was published stays published.
			this.read = 0;
		}
		if (size === this.read) return;
		const from = this.read;
		const added = Buffer.alloc(size - from);
		await this.using('r', async (handle) => {
			await handle.read(added, 0, added.length, from);
		});
		// The last line may not be complete yet.
		const end = added.lastIndexOf('\n') + 1;
		// Others may have read the same meanwhile.
		this.read = from + end;
		for (const line of added.subarray(0, end).toString('utf8').split('\n')) this.take(line);
	}

	private take(line: string): void {
		if (line === '') return;
		const value = parsed(line);
		const mark = markLine.safeParse(value).data;
		if (mark !== undefined) this.marks.set(mark.number, mark);
		const list = listLine.safeParse(value).data;
		if (list !== undefined) this.lists.set(list.list, list);
	}

	private async size(): Promise<number> {
		try {
			return (await stat(this.file)).size;
		} catch (error) {
			if (errorCode(error) === 'ENOENT') return 0;
			throw fileFailure(error, `${this.file} cannot be looked at`);
		}
	}

	private async using(
		flags: 'a' | 'r',
		work: (handle: FileHandle) => Promise<void>,
	): Promise<void> {
		let handle: FileHandle | undefined;
		try {
			handle = await open(this.file, flags, 0o600);
			await work(handle);
		} catch (error) {
			throw fileFailure(error, `${this.file} cannot be ${flags === 'a' ? 'written' : 'read'}`);
		} finally {
			await handle?.close();
		}
	}
}
