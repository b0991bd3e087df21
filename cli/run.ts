import { CommanderError } from 'commander';
import { version } from '../air/version';
import { LedgerError } from '../ledger/LedgerError';
import { check } from './check';
import { command, PROGRAM, type Call } from './Command';
import { did } from './did';
import { CliError, UsageError } from './errors';
import { OutputClosed, type Io } from './Io';
import { jwks } from './jwks';
import { keygen } from './keygen';
import { ledger } from './ledger';
import { inWords } from './ledger/inWords';
import { revoke } from './revoke';
import { statusLists } from './statusLists';
import { printable, withoutSecrets } from './text';
import { unpublishKey } from './unpublishKey';

/** Codes of the errors that commander throws after it has shown help or the version. */
const SHOWN = new Set(['commander.helpDisplayed', 'commander.version']);

const program = (call: Call) =>
	command(call, PROGRAM)
		.description('Prepares what the Moca AIR nodes of n8n need, and looks into what they remember.')
		.version(version, '--version', 'shows the version of the package')
		.addCommand(keygen(call))
		.addCommand(jwks(call))
		.addCommand(did(call))
		.addCommand(check(call))
		.addCommand(ledger(call))
		.addCommand(revoke(call))
		.addCommand(statusLists(call))
		.addCommand(unpublishKey(call));

/**
 * Runs a command line.
 *
 * @param argv - without the program's own name
 * @returns the exit status: 0; 1 if the work could not be done or a check fails; 2 for wrong usage
 * @example
 * ```ts
 * process.exitCode = await run(process.argv.slice(2), io);
 * ```
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
	const call: Call = { io, status: 0, help: '' };
	const root = program(call);
	try {
		await root.parseAsync([...argv], { from: 'user' });
		return call.status;
	} catch (error) {
		if (error instanceof OutputClosed) return 0;
		if (error instanceof CommanderError && SHOWN.has(error.code)) return await showHelp(call);
		const wrongCall = error instanceof UsageError || error instanceof CommanderError;
		const hint = wrongCall ? ` (see ${calledIn(root, argv)} --help)` : '';
		await io.stderr(`${explain(error)}${hint}\n`);
		return wrongCall ? 2 : 1;
	}
}

async function showHelp({ io, help }: Call): Promise<number> {
	try {
		await io.stdout(help);
	} catch (error) {
		if (!(error instanceof OutputClosed)) throw error;
	}
	return 0;
}

/** The names of the commands on the command line. */
function calledIn(root: ReturnType<typeof program>, argv: readonly string[]): string {
	const names = [PROGRAM];
	let here = root;
	for (const word of argv) {
		const next = here.commands.find((candidate) => candidate.name() === word);
		if (next === undefined) break;
		names.push(word);
		here = next;
	}
	return names.join(' ');
}

/** One line without secrets. */
function explain(error: unknown): string {
	if (error instanceof UsageError || error instanceof CliError) return error.message;
	if (error instanceof LedgerError) return inWords(error);
	if (error instanceof CommanderError) {
		// Commander shows help if a group is called without a command.
		if (error.code === 'commander.help') return 'a command is missing';
		return printable(withoutSecrets(error.message.replace(/^error: /, '').trim()));
	}
	const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
	return `Something unexpected happened: ${printable(withoutSecrets(message))}`;
}

/** The names that can come first on the command line. */
export const commandNames: readonly string[] = program({
	io: {
		stdout: async () => Promise.resolve(),
		stderr: async () => Promise.resolve(),
		env: {},
		isTTY: false,
		ask: async () => Promise.resolve(''),
	},
	status: 0,
	help: '',
}).commands.map((one) => one.name());
