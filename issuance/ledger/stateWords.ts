import type { RowOutcome, RowState } from '../../ledger/Ledger';

/** The meaning of a row's states, for people. */
export const STATE_WORDS: Readonly<Record<RowState, string>> = {
	sending: 'an attempt is under way',
	rejected: 'AIR refused, or nothing was sent; it may be tried again',
	unknown: 'AIR may or may not have issued',
	stored: 'issued directly: stored at AIR, and not expired',
	submitted: 'AIR accepted; not yet confirmed on-chain',
	confirmed: 'confirmed on-chain',
	unusable: 'revoked, expired or failed, as AIR says',
	superseded: 'replaced by a later issuance to the same person',
	revoked: 'issued directly, and revoked by you',
	abandoned: 'open for 180 days, and no longer watched',
};

/** The meaning of a row's outcomes, for people. */
export const OUTCOME_WORDS: Readonly<Record<RowOutcome, string>> = {
	issued: 'AIR accepted it, whatever became of the credential since',
	kept: 'AIR kept what the person already held; the new claims were not issued',
	notIssued: 'AIR refused it, or nothing was sent; it may be tried again',
	unknown: 'AIR may or may not have issued: somebody has to look',
	underWay: 'an attempt may still be answered',
};
