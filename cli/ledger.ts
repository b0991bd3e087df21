import { PROGRAM, summaries, type Group } from './Command';
import { exportRows } from './ledger/export';
import { forget } from './ledger/forget';
import { list } from './ledger/list';
import { PLACE_HELP } from './ledger/place';
import { status } from './ledger/status';

const COMMANDS = [status, list, forget, exportRows];

/** The ledger from the shell, for both stores. */
export const ledger: Group = {
	name: 'ledger',
	summary: 'what was issued and how far it got: status, list, forget, export',
	help: `The ledger: what the nodes have issued, and how far it got.

  ${PROGRAM} ledger COMMAND …

${summaries(COMMANDS)}

Each has its own --help.

${PLACE_HELP}
`,
	commands: COMMANDS,
};
