import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../../errors/AirError';
import {
	createPartnerJwt,
	type CreatedPartnerJwt,
} from '../../../issuance/settings/createPartnerJwt';
import { callOptionsReader } from '../../../n8n/parameters/callOptions';
import type { credentialSettings } from '../../../n8n/parameters/credentialSettings';
import { isTool } from '../../../n8n/run/execution';
import { rawParameter } from '../../../n8n/parameters/parameter';
import { properties } from './properties';

const readOptions = callOptionsReader(properties);

const scopeSchema = z.enum(['issue', 'verify', 'issue on-behalf', 'none', 'custom']);
const optionsSchema = z.looseObject({ extraClaims: z.unknown().optional() });

function scopeOf(context: IExecuteFunctions, itemIndex: number): string | undefined {
	const chosen = scopeSchema.safeParse(context.getNodeParameter('scope', itemIndex, 'issue'));
	if (!chosen.success) throw new AirError('AIR_SETTING_INVALID', { detail: 'Scope' });
	if (chosen.data === 'none') return undefined;
	if (chosen.data !== 'custom') return chosen.data;
	const custom = z.string().safeParse(context.getNodeParameter('customScope', itemIndex, ''));
	return custom.data ?? '';
}

/** Text from an expression is refused: its author, and so the author of the claims, is unknown. */
function assertNotPutTogether(context: IExecuteFunctions, itemIndex: number, given: unknown): void {
	const raw = rawParameter(context, 'options.extraClaims', itemIndex);
	if (typeof given !== 'string' || typeof raw !== 'string' || !raw.startsWith('=')) return;
	throw new AirError('AIR_CLAIMS_INVALID', {
		detail: 'an expression gave them as text; give an object, e.g. {{ { "name": $json.name } }}',
	});
}

/** The token for one item. @throws AirError, also when an agent asks for it */
export async function createPartnerJwtItem(
	context: IExecuteFunctions,
	settingsFor: ReturnType<typeof credentialSettings>,
	itemIndex: number,
): Promise<CreatedPartnerJwt> {
	if (isTool(context)) throw new AirError('AIR_TOKENS_NOT_FOR_TOOLS');
	const given: unknown = context.getNodeParameter('options', itemIndex, {});
	const settings = await settingsFor(readOptions(given).lifetimeMinutes);
	const { extraClaims } = optionsSchema.parse(given);
	assertNotPutTogether(context, itemIndex, extraClaims);
	const request = {
		scope: scopeOf(context, itemIndex),
		email: context.getNodeParameter('email', itemIndex, ''),
		extraClaims,
	};
	return await createPartnerJwt(settings, request, Date.now());
}
