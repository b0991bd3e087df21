import { ROW_STATES, type RowState } from '../../ledger/Ledger';
import type { Command } from 'commander';
import { command, PROGRAM, type Call } from '../Command';
import { table } from '../table';
import { rows } from '../text';
import { reading } from './open';
import { count } from './pages';
import { describePlace, placeOf, withPlace, type PlaceOptions } from './place';

const MEANING: Readonly<Record<RowState, string>> = {
	sending: 'an attempt is under way',
	rejected: 'AIR refused, or nothing was sent; it may be tried again',
	unknown: 'AIR may or may not have issued',
	stored: 'issued directly: stored at AIR, and not expired',
	submitted: 'AIR accepted; not yet confirmed on-chain',
	confirmed: 'confirmed on-chain',
	unusable: 'revoked, expired or failed, as AIR says',
	superseded: 'replaced by a later issuance to the same person',
	abandoned: 'open for so long that it is no longer watched',
};

const ADVICE = `What to do about an unknown outcome:
  1. See which: ${PROGRAM} ledger list --unanswered
  2. Look each recipient up in the AIR dashboard (Issuer → Claim Records).
  3. If the credential is there, all is well; the row stays as a record.
  4. If it is not, run the item once with the option Send Again When Outcome Is
     Unknown. Or issue with On Duplicate set to Keep Existing: by AIR's documents
     that gives back a credential that exists. It may be an older one, so compare
     the issue date.
`;

export const status = (call: Call): Command =>
	withPlace(command(call, 'status'))
		.summary('where the ledger is, how many rows there are, what needs attention')
		.description(
			'Says where the ledger is, how many rows are in each state, and what to do about rows whose outcome is unknown. Changes nothing.',
		)
		.action(async (options: PlaceOptions) => {
			const { io } = call;
			const place = placeOf(options, io.env);
			await reading(place, async (ledger) => {
				const totals = await ledger.totals();
				const unanswered = await count(ledger, { states: ['sending'], unanswered: true });
				const all = ROW_STATES.reduce((sum, state) => sum + (totals[state] ?? 0), 0);
				await io.stdout(`Ledger: ${describePlace(place)}\n${rows(all)}\n\n`);
				await io.stdout(
					table(
						['STATE', 'ROWS', 'MEANING'],
						ROW_STATES.map((state) => [state, String(totals[state] ?? 0), MEANING[state]]),
					),
				);
				if (unanswered > 0) await io.stdout(`\n${describeUnanswered(unanswered)}\n`);
				const unknown = totals.unknown ?? 0;
				if (unknown > 0) {
					const whose = unknown === 1 ? 'has an unknown outcome' : 'have an unknown outcome';
					await io.stdout(`\n${rows(unknown)} ${whose}.\n${ADVICE}`);
				} else {
					await io.stdout('\nNo outcome is unknown.\n');
				}
			});
		});

/** The next attempt, or the next tidying up, makes them unknown; nobody has noticed yet. */
function describeUnanswered(unanswered: number): string {
	const [were, whose] = unanswered === 1 ? ['was', 'its'] : ['were', 'their'];
	return `${rows(unanswered)} in sending ${were} never answered (n8n ended in the middle?) and will become unknown.
See which, and ${whose} executions: ${PROGRAM} ledger list --unanswered`;
}
