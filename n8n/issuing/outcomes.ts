import { AirError } from '../../errors/AirError';
import type { ItemsSettings } from '../run/forEachItem';

const WORDS: Readonly<Record<string, string>> = {
	issued: 'issued',
	reissued: 'reissued',
	alreadyIssued: 'already issued',
	kept: 'kept',
	wouldIssue: 'would be issued',
	wouldKeep: 'would be kept',
	wouldReissue: 'would be reissued',
	refused: 'refused',
};

/** The outcome of an item, for `forEachItem`: as words for people, and as the field `outcome`. */
export const outcomes: Required<Pick<ItemsSettings, 'wordOf' | 'ofFailure'>> = {
	wordOf: (answer) =>
		'outcome' in answer && typeof answer.outcome === 'string' ? WORDS[answer.outcome] : undefined,
	ofFailure: (error, wasBegun) => ({
		outcome: isUnknown(error, wasBegun) ? 'unknown' : 'notIssued',
	}),
};

/** An unexpected failure may have happened after the request was sent. */
const isUnknown = (error: unknown, wasBegun: boolean) =>
	error instanceof AirError ? error.kind === 'outcome-unknown' : wasBegun;
