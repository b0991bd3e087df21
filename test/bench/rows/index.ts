import type { Row } from '../settings';
import { issue2000 } from './issue2000';

/** By number, as in docs/performance.md. */
export const ROWS: ReadonlyMap<number, Row> = new Map([[1, issue2000]]);
