import type { Row } from '../settings';
import { ceiling2000 } from './ceiling2000';
import { direct2000 } from './direct2000';
import { issue2000 } from './issue2000';
import { fairness } from './fairness';
import { issue20000 } from './issue20000';
import { ledgers } from './ledgers';
import { oneItem } from './oneItem';
import { polls } from './polls';
import { rateLimit } from './rateLimit';
import { statusLists } from './statusLists';

/** By number, as in docs/internals/performance.md. */
export const ROWS: ReadonlyMap<number, Row> = new Map([
	[1, issue2000],
	[2, ceiling2000],
	[3, issue20000],
	[4, rateLimit],
	[5, oneItem],
	[6, polls],
	[7, ledgers],
	[8, direct2000],
	[9, statusLists],
	[10, fairness],
]);
