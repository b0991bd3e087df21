import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { parseRecipient } from '../../issuance/inputs/inputs';
import type { Parameter } from '../parameters/parameter';
import { wholeText } from './wholeText';

/**
 * Reads the address of the recipient; create it once per run.
 *
 * @throws AirError `AIR_RECIPIENT_INVALID`
 */
export const recipients = (context: IExecuteFunctions): Parameter<string> =>
	wholeText(
		context,
		'recipient',
		(value) => parseRecipient(value),
		(detail) => new AirError('AIR_RECIPIENT_INVALID', { detail }),
	);
