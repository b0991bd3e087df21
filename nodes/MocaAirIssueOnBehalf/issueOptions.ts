import type { IExecuteFunctions } from 'n8n-workflow';
import { isEmpty } from '../../issuance/convertValue';
import { readCallOptions, type CallOptionValues } from '../shared/callOptions';
import { parameter, type Parameter } from '../shared/parameter';
import { fieldNamedBy, isAutomatic } from './automatic';

/**
 * Reads the options of an item; made once for a run of the node. Under Map Automatically the reference
 * comes from a field of the item.
 *
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function issueOptions(context: IExecuteFunctions): Parameter<CallOptionValues> {
	const automatic = isAutomatic(context);
	const options = parameter(context, 'options', readCallOptions, { fallback: {} });
	const referenceField = fieldNamedBy(context, 'options.referenceField');
	return (itemIndex) => {
		const given = options(itemIndex);
		const reference = automatic(itemIndex) ? referenceField(itemIndex) : undefined;
		return isEmpty(reference)
			? given
			: { ...given, reference: readCallOptions({ reference }).reference };
	};
}
