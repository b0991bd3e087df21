import { NodeApiError, NodeOperationError, type Failure, type INode } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { LONGEST_PAUSE_MS } from '../../issuance/watch/politeness';
import { keepMessage } from '../../n8n/errors/keepMessage';
import { linked } from '../../n8n/errors/nodeError';

/** The reason, in n8n's own terms, by which n8n decides when to poll again; n8n before 2.37 ignores it. */
function failureOf(error: AirError): Failure {
	const { httpStatus, retryAfterMs } = error;
	// A limit, because n8n would even wait a year.
	const wait =
		retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, LONGEST_PAUSE_MS) };
	if (error.code === 'AIR_RATE_LIMITED') return { cause: 'rate-limited', ...wait };
	if (error.retryable) return { cause: 'temporarily-unavailable', ...wait };
	return httpStatus === 401 || httpStatus === 403
		? { cause: 'credential-invalid' }
		: { cause: 'configuration-invalid' };
}

/**
 * Turns the failure of a poll into the error that n8n shows: built from plain objects, because only
 * then n8n keeps our texts.
 */
export function pollError(node: INode, error: unknown): NodeApiError | NodeOperationError {
	if (!(error instanceof AirError)) {
		return new NodeOperationError(node, error instanceof Error ? error : new Error(String(error)));
	}
	const message = keepMessage(error.message);
	const { httpStatus } = error;
	const description = linked(node, error);
	const failure = failureOf(error);
	if (httpStatus === undefined && error.kind === 'input') {
		return new NodeOperationError(node, message, { description, failure });
	}
	const code = httpStatus === undefined ? undefined : String(httpStatus);
	return new NodeApiError(node, code === undefined ? { message } : { message, httpCode: code }, {
		message,
		description,
		failure,
		...(code === undefined ? {} : { httpCode: code }),
	});
}
