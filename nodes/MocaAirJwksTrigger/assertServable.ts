import type { IHookFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { whyNotPublic } from '../../air/http/publicUrl';
import { ownJwks } from '../../issuance/settings/ownJwks';
import { servedIssuer } from '../../issuance/settings/servedIssuer';
import { readSettings, type AirSettings } from '../../issuance/settings/settings';
import { assertPath, readOptions, readSwitch } from './readParameters';
import { servedDocument, WEBHOOKS } from './servedDocument';

/** @returns a warning for the owner about the served issuer; undefined if all is well */
function aboutIssuer(context: IHookFunctions, settings: AirSettings): string | undefined {
	if (!readSwitch(context.getNodeParameter('issuerDocuments', false), 'issuerDocuments'))
		return undefined;
	const didUrl = context.getNodeWebhookUrl(WEBHOOKS.did) ?? '';
	const { issuer, elsewhere } = servedIssuer(settings, didUrl);
	servedDocument('did', settings, issuer);
	return elsewhere;
}

/** @throws AirError if verifiers could not learn about a revocation */
function assertRevocations(context: IHookFunctions, settings: AirSettings): void {
	if (!readSwitch(context.getNodeParameter('revocations', false), 'revocations')) return;
	if (settings.ledger.store === 'off') throw new AirError('AIR_LEDGER_OFF');
	if (settings.direct === undefined) throw new AirError('AIR_DIRECT_NOT_SET_UP');
	settings.direct.issuer.keyId(settings.identity.kid);
	const served = context.getNodeWebhookUrl(WEBHOOKS.statusList) ?? '';
	const { statusListUrl } = settings.direct;
	if (statusListUrl !== `${served}?id=`) {
		context.logger.warn(
			`${context.getNode().name}: credentials name ${statusListUrl} for their status list, which has to lead to ${served}?id=`,
		);
	}
}

/**
 * Checks, before n8n begins to serve, that there is something to serve and that its address will be the
 * one the node shows. An address that AIR cannot fetch is only logged: behind a proxy n8n may not know
 * its own.
 *
 * @throws AirError
 */
export async function assertServable(context: IHookFunctions): Promise<void> {
	const { name } = context.getNode();
	const settings = await readSettings(await context.getCredentials('mocaAirApi'));
	ownJwks(settings);
	readOptions(context.getNodeParameter('options', {}));
	const { webhookId } = context.getNode();
	assertPath(context.getNodeParameter('path', ''), settings.identity.partnerId, webhookId);
	// Without a webhook ID, n8n puts the workflow's ID and the node's name before the path.
	if (webhookId === undefined) throw new AirError('AIR_JWKS_PATH_NOT_FIXED');
	const url = context.getNodeWebhookUrl(WEBHOOKS.jwks) ?? '';
	const reason = whyNotPublic(url);
	if (reason !== undefined) {
		context.logger.warn(`${name}: AIR cannot fetch the JWKS at ${url}: ${reason}`);
	}
	assertRevocations(context, settings);
	const elsewhere = aboutIssuer(context, settings);
	if (elsewhere !== undefined) context.logger.warn(`${name}: ${elsewhere}`);
}
