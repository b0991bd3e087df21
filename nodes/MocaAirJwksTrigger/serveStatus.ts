import type { IWebhookFunctions } from 'n8n-workflow';
import type { Response } from 'express';
import { AirClient } from '../../air/AirClient';
import { STATUS_LIST_TYPE } from '../../air/direct/statusList';
import { AirError } from '../../errors/AirError';
import { issuerOf, proofFor } from '../../issuance/direct/issuer';
import { asAirError } from '../../issuance/session/asAirError';
import { LedgerSession } from '../../issuance/session/LedgerSession';
import { openLedger } from '../../issuance/session/openLedger';
import type { AirSettings } from '../../issuance/settings/settings';
import { servedList, servedNumber, type Served } from '../../issuance/status/servedStatus';
import { answerNotServed, sendAnswer } from './answerWithDocument';
import { paramsSchema, querySchema } from './readParameters';

const LONGEST_CACHE_SECONDS = 3_600;

/** When the answer is not known, a verifier must ask again after this time. */
const RETRY_AFTER_SECONDS = '60';

function answerUnknown(response: Response): number {
	return sendAnswer(response.status(404), 'application/json', {
		message: 'There is no such status here.',
	});
}

function answerDoubtful(response: Response): number {
	response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
	response.setHeader('Cache-Control', 'no-store');
	return sendAnswer(response.status(503), 'application/json', {
		message: 'The status cannot be told at the moment.',
	});
}

/** @returns undefined for what is found */
function answerOtherwise(response: Response, { answer }: Served<unknown>): number | undefined {
	if (answer === 'found') return undefined;
	return answer === 'unknown' ? answerUnknown(response) : answerDoubtful(response);
}

/**
 * The ledger for answers to verifiers. A key that AIR has accepted once is enough, even if AIR cannot
 * be asked: the answers are public, and signed by the key.
 *
 * @throws AirError
 */
async function sessionOf(
	context: IWebhookFunctions,
	settings: AirSettings,
): Promise<LedgerSession> {
	const opened = await openLedger(settings.ledger);
	if (opened === undefined) throw new AirError('AIR_LEDGER_OFF');
	const client = new AirClient(settings.identity);
	const session = new LedgerSession({
		ledger: opened.ledger,
		client,
		prove: proofFor(settings, client),
		origin: { instance: '', workflowId: '', executionId: '', nodeId: context.getNode().id },
		ownExecutions: { ids: [], began: undefined },
		retentionDays: settings.retentionDays,
		log: (line) => {
			context.logger.warn(`${context.getNode().name}: ${line}`);
		},
	});
	const { thumbprint } = settings.identity.key;
	const known = await opened.ledger.keyAcceptance(session.realm, thumbprint);
	if (known === undefined) await session.assertKeyAccepted();
	return session;
}

/** How a status list, or the answer for a number, is served. */
export interface StatusOptions {
	/** The node's cache time; never longer than verifiers may keep a list. */
	readonly cacheSeconds: number;
	readonly bareList: boolean;
}

async function answerList(
	context: IWebhookFunctions,
	settings: AirSettings,
	{ cacheSeconds, bareList }: StatusOptions,
): Promise<number> {
	const response = context.getResponseObject();
	const { id } = querySchema.parse(context.getQueryData());
	const session = await sessionOf(context, settings);
	const { issuer, issuerAs, statusListUrl, client } = issuerOf(settings);
	const { kid, key } = client.identity;
	const signer = { issuer, issuerAs, statusListUrl, kid, key };
	const found = await servedList(session, signer, id, bareList ? 'bare' : 'live', Date.now());
	const otherwise = answerOtherwise(response, found);
	if (otherwise !== undefined || found.answer !== 'found') return otherwise ?? 404;
	const { token, etag } = found.value;
	response.setHeader('ETag', `"${etag}"`);
	const seconds = Math.min(cacheSeconds, LONGEST_CACHE_SECONDS);
	response.setHeader('Cache-Control', seconds === 0 ? 'no-cache' : `public, max-age=${seconds}`);
	return sendAnswer(response, STATUS_LIST_TYPE, token);
}

async function answerNumber(context: IWebhookFunctions, settings: AirSettings): Promise<number> {
	const response = context.getResponseObject();
	const { number } = paramsSchema.parse(context.getParamsData());
	const found = await servedNumber(await sessionOf(context, settings), number);
	const otherwise = answerOtherwise(response, found);
	if (otherwise !== undefined || found.answer !== 'found') return otherwise ?? 404;
	response.setHeader('Cache-Control', 'no-cache');
	return sendAnswer(response, 'application/json', found.value);
}

/**
 * Answers a verifier: with a status list (`?id=…`), or whether a number is revoked. If the answer is
 * not known, it is 503, and never “not revoked”.
 *
 * @param isOn - whether the node serves revocations
 * @returns the HTTP status; why it is 503 is in the log of n8n
 */
export async function serveStatus(
	context: IWebhookFunctions,
	asked: 'statusList' | 'revocation',
	settings: AirSettings,
	isOn: boolean,
	options: StatusOptions,
): Promise<number> {
	const response = context.getResponseObject();
	if (!isOn) return answerNotServed(response, 'Serve Revocations');
	try {
		return asked === 'statusList'
			? await answerList(context, settings, options)
			: await answerNumber(context, settings);
	} catch (error) {
		// Not thrown, because n8n would answer a second time and keep a failed execution for each fetch.
		const known = asAirError(error);
		const reason = known instanceof AirError ? `${known.code}: ${known.message}` : 'unexpected';
		context.logger.error(`${context.getNode().name}: no status could be told: ${reason}`);
		return answerDoubtful(response);
	}
}
