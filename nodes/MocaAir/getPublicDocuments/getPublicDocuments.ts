import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ownJwks } from '../../../issuance/settings/ownJwks';
import { readSettings } from '../../../issuance/settings/settings';
import { failedItem, nodeError } from '../../../n8n/errors/nodeError';
import { goesOnAfterFailure } from '../../../n8n/tool/toolUse';
import type { Operation } from '../Operation';

const MEDIA_TYPE = 'application/json';

/** A document that is hosted for AIR, both to look at and as a file that other nodes can upload. */
async function documentItem(
	context: IExecuteFunctions,
	fileName: string,
	content: object,
): Promise<INodeExecutionData> {
	const text = `${JSON.stringify(content, null, 2)}\n`;
	return {
		json: { fileName, mediaType: MEDIA_TYPE, content: { ...content } },
		binary: {
			data: await context.helpers.prepareBinaryData(Buffer.from(text), fileName, MEDIA_TYPE),
		},
		pairedItem: { item: 0 },
	};
}

/** The credential is the same for all items, so its documents are made once. */
async function documents(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	try {
		const settings = await readSettings(await context.getCredentials('mocaAirApi'));
		return [await documentItem(context, 'jwks.json', ownJwks(settings))];
	} catch (error) {
		if (goesOnAfterFailure(context)) return [failedItem(error, 0, context.getNode())];
		throw nodeError(context.getNode(), error, 0, 1);
	}
}

/** Gives what is to be hosted for AIR, made from the credential: nobody needs a shell for it. */
export const getPublicDocuments: Operation = {
	option: {
		name: 'Get Public Documents',
		value: 'getPublicDocuments',
		description: 'Get the JWKS to host for AIR, as JSON and as a file; nothing private is in it',
		action: 'Get the public documents',
		displayOptions: { show: { '@tool': [false] } },
	},
	properties: [],
	run: async (context) => [await documents(context)],
};
