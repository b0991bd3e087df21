import { IncomingMessage, ServerResponse } from 'node:http';
import { UnexpectedError, type IWebhookFunctions } from 'n8n-workflow';

/** The request and the response as Node knows them: Express, whose types n8n names, extends these. */
export function exchangeOf(context: IWebhookFunctions) {
	const request: unknown = context.getRequestObject();
	const response: unknown = context.getResponseObject();
	if (!(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) {
		throw new UnexpectedError('This n8n hands its webhook nodes no response to write on');
	}
	return { request, response: response as ServerResponse };
}
