import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { ownJwks } from '../../issuance/settings/ownJwks';
import { servedIssuer } from '../../issuance/settings/servedIssuer';
import { readSettings } from '../../issuance/settings/settings';
import { nodeError } from '../../n8n/errors/nodeError';
import { answerNotServed, answerWithDocument } from './answerWithDocument';
import { assertServable } from './assertServable';
import { fetchItem } from './fetchItem';
import { DID_PATH, PARTNER_INFO_PATH, PATH, properties, WITHOUT_DOCUMENTS } from './properties';
import { readIssuerDocuments, readOptions } from './readParameters';
import { askedFor, servedDocument, WEBHOOKS } from './servedDocument';

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
		description: 'Serves the public keys of a credential as a JWKS, for AIR to fetch',
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

	/** Nothing thrown here is shown to who fetches: n8n keeps it for the execution list. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			const settings = await readSettings(await this.getCredentials('mocaAirApi'));
			const options = readOptions(this.getNodeParameter('options', {}));
			const asked = askedFor(this.getWebhookName());
			const isOn = readIssuerDocuments(this.getNodeParameter('issuerDocuments', false));
			// A bad issuer must not take the JWKS down.
			const issuer =
				asked !== 'jwks' && isOn
					? servedIssuer(settings, this.getNodeWebhookUrl(WEBHOOKS.did) ?? '')
					: undefined;
			const document = servedDocument(asked, settings, issuer?.issuer);
			const response = this.getResponseObject();
			const statusCode =
				document === undefined
					? answerNotServed(response)
					: answerWithDocument(response, document, options.cacheSeconds);
			// A test ends only with an item.
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
