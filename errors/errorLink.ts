import type { AirErrorCode } from './errorCatalogue';

const ERRORS_PAGE =
	'https://github.com/n8n-nodes-moca-air/n8n-nodes-moca-air/blob/main/docs/errors.md';

/**
 * Where an error is explained: its row of `docs/errors.md`, whose anchor is its code and so never
 * changes.
 *
 * @example
 * ```ts
 * errorLink('AIR_CANCELLED'); // 'https://…/docs/errors.md#air_cancelled'
 * ```
 */
export const errorLink = (code: AirErrorCode): string => `${ERRORS_PAGE}#${code.toLowerCase()}`;
