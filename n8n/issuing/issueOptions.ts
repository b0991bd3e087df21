import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { joinIdParts } from '../../issuance/inputs/eventId';
import {
	type callOptionsReader,
	optionsOfItems,
	type CallOptionValues,
} from '../parameters/callOptions';
import type { Parameter } from '../parameters/parameter';
import { templateReader } from '../parameters/template';

/**
 * Reads the options of an item; create it once per run.
 *
 * @param readOptions - the node's reader
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function issueOptions(
	context: IExecuteFunctions,
	readOptions: ReturnType<typeof callOptionsReader>,
): Parameter<CallOptionValues> {
	const options = optionsOfItems(context, readOptions);
	const referenceParts = templateReader(context, 'options.reference');
	return (itemIndex) => {
		const parts = referenceParts(itemIndex) ?? [];
		// The whole value may be missing, but with a missing part it would be a different reference.
		if (parts.length > 1) {
			joinIdParts(
				parts,
				(detail) => new AirError('AIR_SETTING_INVALID', { detail: `Reference: ${detail}` }),
			);
		}
		return options(itemIndex);
	};
}
