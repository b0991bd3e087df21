import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { publicDocuments, type PublicDocument } from '../../../issuance/settings/publicDocuments';
import { failedItem, nodeError } from '../../../n8n/errors/nodeError';
import { credentialSettings } from '../../../n8n/parameters/credentialSettings';
import { goesOnAfterFailure } from '../../../n8n/tool/toolUse';
import type { Operation } from '../Operation';
import { properties, statusListItems } from './statusLists';

/** A document to host, as text and as a file that other nodes can upload. */
async function documentItem(
	context: IExecuteFunctions,
	{ fileName, mediaType, url, content }: PublicDocument,
): Promise<INodeExecutionData> {
	const text = `${JSON.stringify(content, null, 2)}\n`;
	return {
		json: { fileName, mediaType, url, content: { ...content } },
		binary: {
			data: await context.helpers.prepareBinaryData(Buffer.from(text), fileName, mediaType),
		},
		pairedItem: { item: 0 },
	};
}

/** The credential is the same for all items, so its documents are made once. */
async function documents(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	try {
		const settings = await credentialSettings(context)(undefined);
		const items = publicDocuments(settings).map(
			async (document) => await documentItem(context, document),
		);
		return [...(await Promise.all(items)), ...(await statusListItems(context, settings))];
	} catch (error) {
		if (goesOnAfterFailure(context)) return [failedItem(error, 0, context.getNode())];
		throw nodeError(context.getNode(), error, 0, 1);
	}
}

/** Gives the documents to host for AIR, made from the credential, so that nobody needs a shell. */
export const getPublicDocuments: Operation = {
	option: {
		name: 'Get Public Documents',
		value: 'getPublicDocuments',
		description:
			'Get the documents that you host for AIR, as JSON and as files: the JWKS, and for direct issuance the DID document and status lists; nothing private is in them',
		action: 'Get the public documents',
		displayOptions: { show: { '@tool': [false] } },
	},
	properties,
	run: async (context) => [await documents(context)],
};
