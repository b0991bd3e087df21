import { Command, Help, type Option } from 'commander';
import type { Io } from './Io';
import { UsageError } from './errors';
import { echo } from './text';

/** The program's name in help and hints. */
export const PROGRAM = 'npx n8n-nodes-moca-air';

const HELP_WIDTH = 88;

/** The context of a command, which also takes its exit status. */
export interface Call {
	readonly io: Io;
	/** 0 unless a command says otherwise: 1 when a check fails. */
	status: number;
	/** The help that was printed. */
	help: string;
}

/** Commander's description of an option, without an empty default. */
const withoutEmptyDefault = (option: Option): string =>
	new Help().optionDescription(option).replace(/ \(default: (?:\[\]|"")\)$/, '');

/**
 * A command that never ends the process and never writes by itself: commander throws instead, and
 * `run` writes.
 *
 * @example
 * ```ts
 * command(call, 'status').summary('where the ledger is').action(async () => { … });
 * ```
 */
export function command(call: Call, name: string): Command {
	return new Command(name)
		.exitOverride()
		.helpCommand(false)
		.helpOption('-h, --help', 'shows this')
		.configureHelp({ optionDescription: withoutEmptyDefault })
		.showSuggestionAfterError(false)
		.configureOutput({
			writeOut: (text) => (call.help += text),
			writeErr: () => undefined,
			outputError: () => undefined,
			getOutHelpWidth: () => HELP_WIDTH,
			getErrHelpWidth: () => HELP_WIDTH,
		});
}

/** Reads a value that must not be empty: `--file=` names nothing. @throws UsageError */
export const notEmpty = (option: string) => (text: string) => {
	if (text.trim() === '') throw new UsageError(`${option} is empty`);
	return text;
};

/** A whole number from 1. @throws UsageError */
export const wholeNumber = (option: string) => (text: string) => {
	const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
	if (count < 1) throw new UsageError(`${option}: ${echo(text)} is not a whole number from 1`);
	return count;
};
