import type { Command } from 'commander';
import { parseHash } from '../../issuance/inputs/inputs';
import { settleRow } from '../../issuance/ledger/settleRow';
import { AirError } from '../../errors/AirError';
import type { LedgerRow, SettleAs } from '../../ledger/Ledger';
import { command, notEmpty, wholeNumber, type Call } from '../Command';
import { CliError, UsageError } from '../errors';
import { inOneLine } from '../keyFile';
import { printable } from '../text';
import { reading, writing } from './open';
import { placeOf, withPlace, type PlaceOptions } from './place';

interface SettleOptions extends PlaceOptions {
	readonly issued?: boolean;
	readonly hash?: string;
	readonly notIssued?: boolean;
	readonly sendAgain?: boolean;
	readonly note: string;
}

/** @throws UsageError unless exactly one is given */
function answerOf({ issued, hash, notIssued, sendAgain }: SettleOptions): SettleAs {
	const said = [issued, notIssued, sendAgain].filter((one) => one === true).length;
	if (said !== 1)
		throw new UsageError('settle needs just one of --issued, --not-issued, --send-again');
	if (hash !== undefined && issued !== true) throw new UsageError('--hash goes with --issued');
	if (issued === true) {
		return { outcome: 'issued', coreClaimHash: hash ?? null, userUuid: null };
	}
	return { outcome: notIssued === true ? 'not-issued' : 'send-again' };
}

function readHash(given: string): string {
	try {
		return parseHash(given);
	} catch (error) {
		throw error instanceof AirError ? new UsageError(`--hash: ${error.message}`) : error;
	}
}

const THEN: Readonly<Record<SettleAs['outcome'], string>> = {
	issued: 'A repeat is answered from the ledger from now on.',
	'not-issued': 'It is sent when the item or the event comes again.',
	'send-again': 'It is sent when the item or the event comes again.',
};

export const settle = (call: Call): Command =>
	withPlace(command(call, 'settle'))
		.summary('says what became of an issuance whose outcome is unknown')
		.description(
			'Tells the ledger what you found out about a row whose outcome is unknown. Look the recipient up in the AIR dashboard first (Issuer → Claim Records).',
		)
		.argument(
			'<ROW>',
			'the ID of the row, as the error and ledger list show it',
			wholeNumber('ROW'),
		)
		.option('--issued', 'it was issued: repeats are answered from the ledger, and not sent')
		.option(
			'--hash <HASH>',
			'its coreClaimHash, if you know it; then AIR is asked about it',
			readHash,
		)
		.option('--not-issued', 'it was not issued: it may be sent again')
		.option(
			'--send-again',
			'nobody knows, and it may be sent again. Under Revoke and Reissue that replaces what the first attempt may have issued; under Keep Existing AIR keeps it',
		)
		.requiredOption('--note <TEXT>', 'who looked, and where; kept with the row', notEmpty('--note'))
		.action(async (id: number, options: SettleOptions) => {
			const { io } = call;
			const as = answerOf(options);
			const place = placeOf(options, io.env);
			const row = await reading(place, async (ledger) => (await ledger.list({ id, limit: 1 }))[0]);
			if (row === undefined) {
				throw new CliError(
					`There is no row ${id}. Nothing was changed. Those to be settled: ledger list --state unknown`,
				);
			}
			const now = await writing(place, async (ledger): Promise<LedgerRow> => {
				try {
					const by = { instance: '', workflowId: '', executionId: '' };
					const { realm, attempt } = row;
					return await settleRow({ ledger, realm }, { id, attempt, as, by, note: options.note });
				} catch (error) {
					throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
				}
			});
			await io.stdout(
				`Row ${id} of ${printable(now.recipient)} is now ${now.state}. ${THEN[as.outcome]}\n`,
			);
		});
