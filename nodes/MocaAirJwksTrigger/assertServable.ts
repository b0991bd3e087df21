import type { IHookFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { whyNotPublic } from '../../air/http/publicUrl';
import { ownJwks } from '../../issuance/settings/ownJwks';
import { readSettings } from '../../issuance/settings/settings';
import { readOptions, readPath } from './readParameters';

/**
 * Checks before n8n begins to serve that there is something to serve, and that it will be where the
 * node says. An address that AIR cannot fetch is only logged: behind a proxy n8n may not know its own.
 *
 * @throws AirError
 */
export async function assertServable(context: IHookFunctions): Promise<void> {
	const { name } = context.getNode();
	const settings = await readSettings(await context.getCredentials('mocaAirApi'));
	ownJwks(settings);
	readOptions(context.getNodeParameter('options', {}));
	readPath(context.getNodeParameter('path', ''));
	const partnerId = context.getNodeParameter('partnerId', '');
	if (typeof partnerId !== 'string' || partnerId.trim() !== settings.identity.partnerId) {
		throw new AirError('AIR_JWKS_OTHER_PARTNER');
	}
	// Without one n8n puts the workflow's ID and the node's name before the path.
	if (context.getNode().webhookId === undefined) throw new AirError('AIR_JWKS_PATH_NOT_FIXED');
	const url = context.getNodeWebhookUrl('default') ?? '';
	const reason = whyNotPublic(url);
	if (reason !== undefined) {
		context.logger.warn(`${name}: AIR cannot fetch the JWKS at ${url}: ${reason}`);
	}
}
