import { version } from '../air/version';
import { LedgerError } from '../ledger/LedgerError';
import { check } from './check';
import { PROGRAM, summaries, type Command, type Group } from './Command';
import { CliError, UsageError } from './errors';
import { OutputClosed, type Io } from './Io';
import { jwks } from './jwks';
import { keygen } from './keygen';
import { ledger } from './ledger';
import { inWords } from './ledger/inWords';
import { echo, printable, withoutSecrets } from './text';

const COMMANDS: readonly Command[] = [keygen, jwks, check, ledger];
/** What can come first on the command line. */
export const commandNames: readonly string[] = COMMANDS.map(({ name }) => name);

const root: Group = {
	name: PROGRAM,
	summary: '',
	help: `What the Moca AIR nodes of n8n need before, and what they leave behind.

  ${PROGRAM} COMMAND …

${summaries(COMMANDS)}

  --help     shows this; after a command, its own help
  --version  shows the version of the package
`,
	commands: COMMANDS,
};

/**
 * Runs a command line.
 *
 * @param argv - without the program's own name
 * @returns the exit status: 0, 1 when the work could not be done or a check fails, 2 when the call
 *   was wrong
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
	try {
		if (argv[0] === '--version') {
			await io.stdout(`${version}\n`);
			return 0;
		}
		return await dispatch(root, [], argv, io);
	} catch (error) {
		if (error instanceof OutputClosed) return 0;
		await io.stderr(`${explain(error)}\n`);
		return error instanceof UsageError ? 2 : 1;
	}
}

/** @param path - the names of the commands above */
async function dispatch(
	command: Command,
	path: readonly string[],
	args: readonly string[],
	io: Io,
): Promise<number> {
	if (wantsHelp(command, args)) {
		await io.stdout(command.help);
		return 0;
	}
	const here = [...path, command.name];
	if ('run' in command) {
		try {
			return await command.run(args, io);
		} catch (error) {
			throw error instanceof UsageError ? withHint(error, here) : error;
		}
	}
	const [name, ...rest] = args;
	const next = command.commands.find((candidate) => candidate.name === name);
	if (next !== undefined) return await dispatch(next, here, rest, io);
	const names = command.commands.map((candidate) => candidate.name).join(', ');
	const what = name === undefined ? 'a command is missing' : `there is no command ${echo(name)}`;
	throw withHint(new UsageError(`${what}; choose from: ${names}`), here);
}

function wantsHelp(command: Command, args: readonly string[]): boolean {
	const end = args.indexOf('--');
	const options = 'run' in command ? args.slice(0, end === -1 ? args.length : end) : [args[0]];
	return options.some((argument) => argument === '--help' || argument === '-h');
}

const withHint = ({ message }: UsageError, path: readonly string[]) =>
	new UsageError(`${message} (see ${path.join(' ')} --help)`);

/** One line without secrets. */
function explain(error: unknown): string {
	if (error instanceof UsageError || error instanceof CliError) return error.message;
	if (error instanceof LedgerError) return inWords(error);
	const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
	return `Something unexpected happened: ${printable(withoutSecrets(message))}`;
}
