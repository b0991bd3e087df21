import type { IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { isEmpty } from '../../issuance/subject/values/convertValue';
import { joinIdParts } from '../../issuance/inputs/eventId';
import { callOptionsReader, type CallOptionValues } from '../../n8n/parameters/callOptions';
import { parameter, type Parameter } from '../../n8n/parameters/parameter';
import { templateReader } from '../../n8n/parameters/template';
import { fieldNamedBy, isAutomatic } from './automatic';
import { properties } from './properties';

const readOptions = callOptionsReader(properties);

/**
 * Reads the options of an item; made once for a run of the node. Under Map Automatically the reference
 * comes from a field of the item.
 *
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function issueOptions(context: IExecuteFunctions): Parameter<CallOptionValues> {
	const automatic = isAutomatic(context);
	const options = parameter(context, 'options', readOptions, { fallback: {} });
	const referenceField = fieldNamedBy(context, 'options.referenceField');
	const referenceParts = templateReader(context, 'options.reference');
	return (itemIndex) => {
		const given = options(itemIndex);
		const parts = referenceParts(itemIndex) ?? [];
		// One value may be left out, but with a part of it missing it would be another reference.
		if (parts.length > 1) {
			joinIdParts(
				parts,
				(detail) => new AirError('AIR_SETTING_INVALID', { detail: `Reference: ${detail}` }),
			);
		}
		const reference = automatic(itemIndex) ? referenceField(itemIndex) : undefined;
		return isEmpty(reference)
			? given
			: { ...given, reference: readOptions({ reference }).reference };
	};
}
