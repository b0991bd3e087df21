import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { rawParameter } from '../parameters/parameter';

/**
 * Checks that several items do not all use one typed address: they are usually meant for different
 * people, and an issuance cannot be undone.
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
