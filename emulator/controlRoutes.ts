import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { airError, json, Refusal, type Answer } from './answers';
import type { Control } from './control';
import { send } from './deliver';
import { faultInput } from './faults';
import * as inputs from './inputs';
import { isJson, readBody } from './request';

export const CONTROL_PATH = '/__control';

const BODY_LIMIT = 10_000_000;

type Handler = (control: Control, body: unknown, query: URLSearchParams) => unknown;

const lastInput = z.coerce.number().int().min(0).optional();

/** Connects a body's schema to the function that takes it; functions without a result answer ok. */
function taking<Schema extends z.ZodType>(
	schema: Schema,
	handle: (control: Control, input: z.output<Schema>) => unknown,
): Handler {
	return (control, body) => handle(control, schema.parse(body));
}

const routes = new Map<string, Handler>([
	['GET /', (control) => control.overview()],
	['GET /counts', (control) => control.counts()],
	[
		'GET /requests',
		(control, _body, query) => control.requests(lastInput.parse(query.get('last') ?? undefined)),
	],
	['GET /issuances', (control) => control.issuances()],
	['GET /accounts', (control) => control.accounts()],
	['GET /stored', (control) => control.stored()],
	['GET /wallet', (control, _body, query) => control.wallet(query.get('email') ?? undefined)],
	['GET /jwks', (control) => control.jwks()],
	[
		'DELETE /jwks',
		(control) => {
			control.clearJwks();
		},
	],
	[
		'DELETE /requests',
		(control) => {
			control.clearRecord();
		},
	],
	[
		'DELETE /faults',
		(control) => {
			control.clearFaults();
		},
	],
	[
		'POST /reset',
		(control) => {
			control.reset();
		},
	],
	[
		'POST /partners',
		taking(inputs.partnerInput, (control, input) => control.registerPartner(input)),
	],
	[
		'POST /programs',
		taking(inputs.programOfPartnerInput, (control, input) => control.registerProgram(input)),
	],
	[
		'POST /consent',
		taking(inputs.consentInput, (control, input) => {
			control.setConsent(input);
		}),
	],
	[
		'POST /feature',
		taking(inputs.featureInput, (control, input) => {
			control.setFeature(input);
		}),
	],
	['POST /accounts', taking(inputs.accountInput, (control, input) => control.setAccount(input))],
	['POST /settings', taking(inputs.settingsInput, (control, input) => control.setSettings(input))],
	['POST /status', taking(inputs.statusInput, (control, input) => control.setStatus(input))],
	['POST /time', taking(inputs.timeInput, (control, input) => control.setTime(input))],
	[
		'POST /rate-limit',
		taking(inputs.rateLimitInput, (control, input) => {
			control.setRateLimit(input);
		}),
	],
	[
		'POST /faults',
		taking(faultInput, (control, input) => {
			control.injectFault(input);
		}),
	],
]);

/** One request to the control endpoint. It leaves no trace in the record. */
export async function serveControl(
	control: Control,
	req: IncomingMessage,
	res: ServerResponse,
): Promise<void> {
	const text = await readBody(req, BODY_LIMIT);
	await send(res, await answerTo(control, req, text));
}

async function answerTo(
	control: Control,
	req: IncomingMessage,
	text: string | undefined,
): Promise<Answer> {
	const [url = '', query] = (req.url ?? '').split('?', 2);
	const path = url.slice(CONTROL_PATH.length);
	const name = `${req.method ?? ''} ${path === '' ? '/' : path}`;
	const handler = routes.get(name);
	if (handler === undefined) {
		return airError(404, `no ${name}; there are: ${[...routes.keys()].join(', ')}`);
	}
	if (text === undefined) return airError(413, 'body too large');
	try {
		const done = await handler(control, bodyOf(req, text), new URLSearchParams(query));
		return json(200, done ?? { ok: true });
	} catch (error) {
		if (error instanceof Refusal) return airError(error.status, error.message);
		if (error instanceof z.ZodError) return airError(400, z.prettifyError(error));
		throw error;
	}
}

/**
 * JSON must be declared as such: a web page that the developer has open can send other types to
 * loopback without asking, and would otherwise be able to drive the emulator.
 */
function bodyOf(req: IncomingMessage, text: string): unknown {
	if (req.method === 'GET' || req.method === 'DELETE') return undefined;
	if (!isJson(req.headers['content-type'])) {
		throw new Refusal(415, 'send content-type: application/json');
	}
	try {
		return text === '' ? {} : JSON.parse(text);
	} catch {
		throw new Refusal(400, 'malformed JSON');
	}
}
