import { STATE_WORDS } from '../../issuance/ledger/stateWords';
import { ROW_STATES } from '../../ledger/Ledger';
import type { Command } from 'commander';
import { command, PROGRAM, type Call } from '../Command';
import { table } from '../table';
import { rows } from '../text';
import { reading } from './open';
import { count } from '../../issuance/ledger/pages';
import { describePlace, placeOf, withPlace, type PlaceOptions } from './place';

const ADVICE = `What to do about an unknown outcome:
  1. See which: ${PROGRAM} ledger list --unanswered
  2. Look each recipient up in the AIR dashboard (Issuer → Claim Records).
  3. Say what you found: ${PROGRAM} ledger settle ROW --issued,
     or --not-issued, with --note "who looked". Then a repeat is answered from the
     ledger, or sent.
  Under Keep Existing a repeat is sent anyway: by AIR's documents that gives back
  a credential that exists. It may be an older one, so compare the issue date.
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
						ROW_STATES.map((state) => [state, String(totals[state] ?? 0), STATE_WORDS[state]]),
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

/** The next attempt or retention run will make them unknown. */
function describeUnanswered(unanswered: number): string {
	const [were, whose] = unanswered === 1 ? ['was', 'its'] : ['were', 'their'];
	return `${rows(unanswered)} in sending ${were} never answered (n8n ended in the middle?) and will become unknown.
See which, and ${whose} executions: ${PROGRAM} ledger list --unanswered`;
}
