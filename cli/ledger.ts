import type { Command } from 'commander';
import { command, type Call } from './Command';
import { erase } from './ledger/erase';
import { exportRows } from './ledger/export';
import { list } from './ledger/list';
import { move } from './ledger/move';
import { PLACE_HELP } from './ledger/place';
import { restored } from './ledger/restored';
import { settle } from './ledger/settle';
import { status } from './ledger/status';

/** The ledger commands, for both stores. */
export const ledger = (call: Call): Command =>
	command(call, 'ledger')
		.summary(
			'what was issued and how far it got: status, list, settle, erase, export, move, restored',
		)
		.description('The ledger: what the nodes have issued, and how far it got.')
		.addHelpText('after', `\n${PLACE_HELP}`)
		.addCommand(status(call))
		.addCommand(list(call))
		.addCommand(settle(call))
		.addCommand(erase(call))
		.addCommand(exportRows(call))
		.addCommand(move(call))
		.addCommand(restored(call));
