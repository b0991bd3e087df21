import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { AirError } from '../../errors/AirError';
import { readRevokedPlaces } from '../../air/direct/statusList';
import type { PublishedList } from '../../ledger/Ledger';
import { command, type Call } from '../Command';
import { CliError, systemCode } from '../errors';
import { inOneLine } from '../keyFile';
import { printable } from '../text';
import { reading, writing } from './open';
import { describePlace, placeOf, withPlace, type PlaceOptions } from './place';

interface RestoredOptions extends PlaceOptions {
	readonly published: readonly string[];
	readonly allKnown?: boolean;
}

const LARGEST = 1_048_576;

/** A published list, which its ID identifies in the ledger. */
async function readPublished(file: string): Promise<PublishedList> {
	const named = (why: string) => new CliError(`${printable(file)}: ${why}`);
	let text: string;
	try {
		if ((await stat(file)).size > LARGEST) throw named('it is too long to be a status list');
		text = await readFile(file, 'utf8');
	} catch (error) {
		if (error instanceof CliError) throw error;
		throw named(`it cannot be read (${systemCode(error)})`);
	}
	try {
		const { uri, revoked } = readRevokedPlaces(text);
		const id = /[\w-]{16}$/.exec(uri)?.[0];
		if (id === undefined) throw named('its address names no list of this package');
		return { id, revoked };
	} catch (error) {
		throw error instanceof AirError ? named(inOneLine(error)) : error;
	}
}

const oneMore = (file: string, before: readonly string[]) => [...before, file];

export const restored = (call: Call): Command =>
	withPlace(command(call, 'restored'))
		.summary('tells the ledger that it was restored from a backup; run it before n8n starts')
		.description(
			`Tells the ledger that it was restored from a backup. It gets a new ID and begins new status lists, because nobody knows which places of the old ones were given out since the backup.

It does not know what was revoked since the backup. Until you tell it, it calls nothing that was issued directly valid (503).`,
		)
		.option(
			'--published <FILE>',
			'a status list as it was last published: what it says is taken over, and it is served again. May be given several times',
			oneMore,
			[],
		)
		.option(
			'--all-known',
			'nothing was revoked since the backup, or the file .revoked beside the embedded ledger was not put back with it',
		)
		.action(async ({ published, allKnown, ...where }: RestoredOptions) => {
			const { io } = call;
			const place = placeOf(where, io.env);
			const lists: PublishedList[] = [];
			for (const file of published) lists.push(await readPublished(file));
			await reading(place, async (ledger) => await ledger.totals());
			const { closed, doubtful, unknown } = await writing(
				place,
				async (ledger) => await ledger.restored(lists, allKnown === true),
			);
			await io.stdout(
				`${describePlace(place)} has a new ID. Status lists that take nothing new any more: ${closed}.\n`,
			);
			if (unknown.length > 0) {
				await io.stderr(
					`Not taken over: ${unknown.join(', ')}. This ledger does not know it: it began after the backup, or belongs to another ledger. Leave it published as it is.\n`,
				);
			}
			if (allKnown === true) return;
			const taken = published.filter((_, index) => !unknown.includes(lists[index]?.id ?? ''));
			const files = taken.length === 0 ? '' : ` (${taken.map((one) => basename(one)).join(', ')})`;
			await io.stderr(
				`Taken over: ${taken.length}${printable(files)}. Answered with 503 from now on: ${doubtful} status lists, and what has no place in one.
Once you know what was revoked since the backup, revoke it again, and run this with --all-known.
`,
			);
		});
