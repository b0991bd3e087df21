import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { ownJwks } from '../../issuance/settings/ownJwks';
import { servedIssuer, type ServedIssuer } from '../../issuance/settings/servedIssuer';
import { readSettings, type AirSettings } from '../../issuance/settings/settings';
import { nodeError } from '../../n8n/errors/nodeError';
import { answerNotServed, answerWithDocument } from './answerWithDocument';
import { assertServable } from './assertServable';
import { fetchItem } from './fetchItem';
import {
	DID_PATH,
	PARTNER_INFO_PATH,
	PATH,
	properties,
	REVOCATION_PATH,
	STATUS_LIST_PATH,
	WITHOUT_DOCUMENTS,
	WITHOUT_REVOCATIONS,
} from './properties';
import { readOptions, readSwitch, type ServeOptions } from './readParameters';
import { askedFor, servedDocument, WEBHOOKS } from './servedDocument';
import { serveStatus } from './serveStatus';

/** Answers with the JWKS, or with a document of the issuer. */
function document(
	context: IWebhookFunctions,
	asked: 'jwks' | 'did' | 'partnerInfo',
	settings: AirSettings,
	{ cacheSeconds }: ServeOptions,
): { readonly issuer: ServedIssuer | undefined; readonly statusCode: number } {
	const isOn = readSwitch(context.getNodeParameter('issuerDocuments', false), 'issuerDocuments');
	// An invalid issuer must not break the JWKS.
	const issuer =
		asked !== 'jwks' && isOn
			? servedIssuer(settings, context.getNodeWebhookUrl(WEBHOOKS.did) ?? '')
			: undefined;
	const found = servedDocument(asked, settings, issuer?.issuer);
	const response = context.getResponseObject();
	const statusCode =
		found === undefined
			? answerNotServed(response, 'Serve Issuer Documents')
			: answerWithDocument(response, found, cacheSeconds);
	return { issuer, statusCode };
}

async function status(
	context: IWebhookFunctions,
	asked: 'statusList' | 'revocation',
	settings: AirSettings,
	{ cacheSeconds, bareStatusList: bareList }: ServeOptions,
): Promise<number> {
	const isOn = readSwitch(context.getNodeParameter('revocations', false), 'revocations');
	return await serveStatus(context, asked, settings, isOn, { cacheSeconds, bareList });
}

export class MocaAirJwksTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR JWKS Trigger',
		name: 'mocaAirJwksTrigger',
		icon: {
			light: 'file:../../icons/mocaAirJwks.svg',
			dark: 'file:../../icons/mocaAirJwks.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["path"] || "serve the public keys" }}',
		description: 'Serve the public keys of a credential as a JWKS, for AIR to fetch',
		defaults: { name: 'Moca AIR JWKS Trigger' },
		eventTriggerDescription: 'Fetch the test URL, e.g. by opening it in a browser',
		activationMessage: 'The JWKS is now served at the production URL of the node.',
		triggerPanel: {
			header: 'Serve the public keys of your credential',
			executionsHelp: {
				inactive:
					'<b>To try it</b>, click the button, then open the test URL in a browser.<br /><br /><b>To serve</b>, publish the workflow and register the production URL with AIR. Fetches start executions only if you switch that on under Options.',
				active:
					'<b>The JWKS is served</b> at the production URL. Fetches start executions only if you switch that on under Options.<br /><br /><b>To try a change</b>, click the button, then open the test URL in a browser.',
			},
			activationHint: {
				inactive: 'Publish the workflow to serve the JWKS at the production URL.',
				active: 'The JWKS is served at the production URL.',
			},
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'mocaAirApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'GET,HEAD',
				responseMode: 'onReceived',
				path: PATH,
				isFullPath: true,
				// The panel has room for one method.
				ndvHideMethod: true,
			},
			{
				name: WEBHOOKS.did,
				httpMethod: 'GET,HEAD',
				responseMode: 'onReceived',
				path: DID_PATH,
				isFullPath: true,
				ndvHideMethod: true,
				ndvHideUrl: WITHOUT_DOCUMENTS,
			},
			{
				name: WEBHOOKS.partnerInfo,
				httpMethod: 'GET,HEAD',
				responseMode: 'onReceived',
				path: PARTNER_INFO_PATH,
				isFullPath: true,
				ndvHideUrl: true,
			},
			{
				name: WEBHOOKS.statusList,
				httpMethod: 'GET,HEAD',
				responseMode: 'onReceived',
				path: STATUS_LIST_PATH,
				isFullPath: true,
				ndvHideMethod: true,
				ndvHideUrl: WITHOUT_REVOCATIONS,
			},
			{
				name: WEBHOOKS.revocation,
				httpMethod: 'GET,HEAD',
				responseMode: 'onReceived',
				path: REVOCATION_PATH,
				isFullPath: true,
				ndvHideMethod: true,
				ndvHideUrl: WITHOUT_REVOCATIONS,
			},
		],
		properties,
	};

	webhookMethods = {
		default: {
			/** n8n itself knows which paths are taken; nothing is registered elsewhere. */
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(false);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				try {
					await assertServable(this);
				} catch (error) {
					throw nodeError(this.getNode(), error, 0, 1);
				}
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(true);
			},
		},
	};

	/** Errors thrown here are not shown to clients: n8n keeps them for the execution list. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			const settings = await readSettings(await this.getCredentials('mocaAirApi'));
			const options = readOptions(this.getNodeParameter('options', {}));
			const asked = askedFor(this.getWebhookName());
			const { issuer, statusCode } =
				asked === 'statusList' || asked === 'revocation'
					? { issuer: undefined, statusCode: await status(this, asked, settings, options) }
					: document(this, asked, settings, options);
			// A test run ends only when there is an item.
			if (this.getMode() !== 'manual' && !options.startExecutions) {
				return { noWebhookResponse: true };
			}
			const keyIds = ownJwks(settings).keys.map(({ kid }) => kid);
			const url = this.getNodeWebhookUrl(WEBHOOKS[asked]) ?? '';
			const item = fetchItem(this.getRequestObject(), { statusCode, keyIds, url, issuer });
			return { noWebhookResponse: true, workflowData: [[item]] };
		} catch (error) {
			throw nodeError(this.getNode(), error, 0, 1);
		}
	}
}
