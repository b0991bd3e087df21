import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, systemCode } from './errors';
import { printable } from './text';

export interface NewFile {
	readonly name: string;
	readonly text: string;
	/** The mode, as for `chmod`. */
	readonly mode: number;
}

/** The text of a document, formatted so that people can read and compare it. */
export const documentText = (document: object) => `${JSON.stringify(document, null, 2)}\n`;

function isThere(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

const alreadyExists = (path: string) =>
	new CliError(
		`${printable(path)} is there already. Nothing was overwritten: give another folder to --out.`,
	);

/** Never overwrites anything, not even a link: `wx` creates the file or fails. */
async function create(path: string, text: string, mode: number): Promise<void> {
	try {
		await writeFile(path, text, { flag: 'wx', mode });
	} catch (error) {
		if (systemCode(error) === 'EEXIST') throw alreadyExists(path);
		throw new CliError(`${printable(path)} cannot be written (${systemCode(error)}).`);
	}
}

/**
 * Writes files into a folder, which is created if it is missing. If one of the files exists already,
 * none is written.
 *
 * @param folderMode - for a new folder
 * @throws CliError in one line
 */
export async function saveNew(
	folder: string,
	folderMode: number,
	files: readonly NewFile[],
): Promise<void> {
	try {
		await mkdir(folder, { recursive: true, mode: folderMode });
	} catch (error) {
		const code = systemCode(error);
		throw new CliError(
			code === 'EEXIST'
				? `${printable(folder)} is a file, not a folder. Nothing was overwritten: give another folder to --out.`
				: `The folder ${printable(folder)} cannot be made (${code}).`,
		);
	}
	for (const { name } of files) {
		if (await isThere(join(folder, name))) throw alreadyExists(join(folder, name));
	}
	for (const { name, text, mode } of files) await create(join(folder, name), text, mode);
}
