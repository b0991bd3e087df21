import { PARTNER_ID } from '../../scripts/demoAir';
import type { Ledger } from '../../ledger/Ledger';

/**
 * IDs of all confirmations that the ledger has, as the trigger gives them out, in its order.
 *
 * @param baseUrl - of the emulated AIR
 */
export async function confirmedEvents(ledger: Ledger, baseUrl: string): Promise<string[]> {
	const found: string[] = [];
	for (let after = -1, upTo = 0; upTo > after;) {
		after = upTo;
		const page = await ledger.feed({
			realm: `${baseUrl} ${PARTNER_ID}`,
			source: { from: 'everywhere' },
			types: ['confirmed'],
			delayMinutes: 5,
			after,
			limit: 1000,
		});
		found.push(...page.events.map(({ ledgerId, id }) => `${ledgerId}-${id}`));
		({ upTo } = page);
	}
	return found;
}
