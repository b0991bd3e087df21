import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { rawParameter } from '../parameters/parameter';

/**
 * Makes a check that several items do not go to one typed address: what is issued cannot be taken
 * back, and they are usually meant for different people.
 *
 * @throws AirError `AIR_RECIPIENT_TYPED`
 */
export function ownRecipients(
	context: IExecuteFunctions,
): (itemIndex: number, options: { readonly sameRecipient: boolean }) => void {
	const items = context.getInputData().length;
	let typed: boolean | undefined;
	return (itemIndex, { sameRecipient }) => {
		if (items < 2 || sameRecipient) return;
		const raw = rawParameter(context, 'recipient', itemIndex);
		typed ??= typeof raw === 'string' && !raw.startsWith('=');
		if (typed) throw new AirError('AIR_RECIPIENT_TYPED', { detail: `${items} items` });
	};
}
