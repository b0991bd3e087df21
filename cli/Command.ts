import type { Io } from './Io';

interface Named {
	/** As it is typed, after the names of the groups that it is in. */
	readonly name: string;
	/** One line, for the help of the group. */
	readonly summary: string;
	/** What `--help` shows. */
	readonly help: string;
}

/** A command that does something. */
export interface Action extends Named {
	/**
	 * @param args - what follows the name; help is dealt with before
	 * @returns the exit status
	 * @throws UsageError, CliError, LedgerError, OutputClosed
	 */
	readonly run: (args: readonly string[], io: Io) => Promise<number>;
}

/** A command that only has others below it: `ledger` has `ledger list`. */
export interface Group extends Named {
	readonly commands: readonly Command[];
}

export type Command = Action | Group;

/** As the program is called in help and hints. */
export const PROGRAM = 'npx n8n-nodes-moca-air';

/** The commands of a group, for its help. */
export function summaries(commands: readonly Command[]): string {
	const width = Math.max(...commands.map(({ name }) => name.length));
	return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
}
