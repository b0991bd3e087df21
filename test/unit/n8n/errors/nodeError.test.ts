import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { AirError, type AirErrorFacts } from '../../../../errors/AirError';
import { errorCatalogue, type AirErrorCode } from '../../../../errors/errorCatalogue';
import { errorLink } from '../../../../errors/errorLink';
import { REPLACED_BY_N8N } from '../../../../n8n/errors/keepMessage';
import { failedItem, nodeError } from '../../../../n8n/errors/nodeError';
import { node } from '../../nodes/support';

const codes = Object.keys(errorCatalogue) as AirErrorCode[];
/** The joiner that keeps n8n's hands off is invisible. */
const visible = (text: string) => text.replaceAll('\u2060', '');
const STATUS: Partial<Record<string, number>> = {
	'outcome-unknown': 502,
	refused: 403,
	'not-sent': 429,
};

const linkTo = (code: AirErrorCode) =>
	`<a href="${errorLink(code)}" target="_blank">More about ${code}</a>`;

/** The error as n8n shows and stores it, once more wrapped as n8n wraps what a node throws. */
function shown(error: AirError, itemIndex = 2, items = 5) {
	const made = nodeError(node, error, itemIndex, items);
	const again =
		made instanceof NodeApiError
			? new NodeApiError(node, made as never)
			: new NodeOperationError(node, made);
	expect(again).toBe(made);
	return made;
}

describe.each(codes)('%s', (code) => {
	const { kind, title, advice } = errorCatalogue[code];
	const httpStatus = STATUS[kind];

	test.each<[string, AirErrorFacts]>([
		['as it is', {}],
		['with a status', { httpStatus }],
		['with words of AIR', { httpStatus, airMessage: 'ECONNREFUSED: bad gateway, EACCES' }],
		['with a detail n8n would stumble over', { detail: 'createAccess', httpStatus }],
	])('%s: title and advice are ours', (_what, facts) => {
		const error = new AirError(code, facts);
		const made = shown(error);
		expect(visible(made.message)).toBe(error.message);
		expect(visible(made.message)).toContain(title);
		expect(made.description).toBe(`Row 3 of 5. ${error.description} ${linkTo(code)}`);
		expect(made.description).toContain(advice);
		expect(made.context.itemIndex).toBe(2);
		if (made instanceof NodeApiError) {
			expect(made.httpCode).toBe(facts.httpStatus === undefined ? null : String(facts.httpStatus));
		}
	});

	test('one item alone is not counted', () => {
		const { message } = new AirError(code);
		expect(message).toContain(title);
		expect(visible(shown(new AirError(code), 0, 1).message)).toBe(message);
		expect(shown(new AirError(code), 0, 1).description).not.toMatch(/^Row/);
	});

	test('what is wrong with the input is an operation error, what AIR says an API error', () => {
		const own = kind === 'input' || kind === 'cancelled';
		expect(shown(new AirError(code))).toBeInstanceOf(own ? NodeOperationError : NodeApiError);
	});
});

test('words from outside are text in the HTML of a description, and as they are for a tool', () => {
	const airMessage = '<a href="https://evil.example">Sign in</a> & <img src=x onerror=alert(1)>';
	const error = new AirError('AIR_BAD_REQUEST', { airMessage, note: 'a < b' });
	const { description } = shown(error);
	expect(description).toContain(
		'&lt;a href="https://evil.example"&gt;Sign in&lt;/a&gt; &amp; &lt;img',
	);
	expect(description).toContain('a &lt; b');
	expect(description?.match(/<[^>]*>/g)).toEqual([
		expect.stringMatching(/^<a href="https:/),
		'</a>',
	]);
	const tool = nodeError({ ...node, type: `${node.type}Tool` }, error, 0, 1);
	expect(tool.description).toContain(airMessage);
	expect(failedItem(error, 0, node).json.message).toContain(airMessage);
});

test('a tool is not told both that it is safe to send again and not to call it again', () => {
	const tool = { ...node, type: `${node.type}Tool` };
	const message = (safeToRepeat: boolean) =>
		visible(nodeError(tool, new AirError('AIR_TIMEOUT', { safeToRepeat }), 0, 1).message);
	expect(message(false)).toMatch(/look before you send it again.*Do not call this tool again/);
	expect(message(true)).not.toMatch(/look before|Do not call/);
});

test('each error links to its row of the documentation, which is there', () => {
	const page = readFileSync(join(__dirname, '../../../../docs/errors.md'), 'utf8');
	for (const code of codes) {
		const [address, anchor] = errorLink(code).split('#');
		expect(address).toMatch(/\/blob\/main\/docs\/errors\.md$/);
		expect(page).toMatch(new RegExp(`<a id="${anchor}"></a>.*\`${code}\``));
	}
});

test('a model that called the node as a tool gets no link', () => {
	const tool = { ...node, type: `${node.type}Tool` };
	const made = nodeError(tool, new AirError('AIR_RATE_LIMITED'), 0, 1);
	expect(made.description).toBe(new AirError('AIR_RATE_LIMITED').description);
});

test('titles need no help against n8n’s stock texts', () => {
	for (const code of codes) {
		for (const word of REPLACED_BY_N8N) {
			expect(errorCatalogue[code].title.toUpperCase()).not.toContain(word);
		}
	}
});

test('an attribute whose name holds a code of n8n’s is named anyway', () => {
	for (const name of ['residencePermit', 'createAccess', 'deviceAccess', 'storePermissions']) {
		const error = new AirError('AIR_SUBJECT_INVALID', { detail: `${name} has no value` });
		expect(visible(shown(error).message)).toContain(`${name} has no value`);
	}
});

describe('what is not ours', () => {
	test('an error of n8n keeps its words and gets its item', () => {
		const made = nodeError(node, new Error('the expression is broken'), 1, 3);
		expect(made).toBeInstanceOf(NodeOperationError);
		expect(made.message).toBe('the expression is broken');
		expect(made.context.itemIndex).toBe(1);
	});

	test('whatever else is thrown becomes text', () => {
		expect(nodeError(node, 'just text', 0, 1).message).toBe('just text');
		expect(nodeError(node, undefined, 0, 1).message).toBe('undefined');
	});
});

describe('failedItem', () => {
	test.each(codes)('%s keeps message, advice, status and item', (code) => {
		const error = new AirError(code, { httpStatus: 409, airMessage: 'words' });
		expect(failedItem(error, 4, node)).toEqual({
			json: {
				error: error.message,
				message: error.description,
				code,
				kind: error.kind,
				retryable: error.retryable && error.kind !== 'outcome-unknown',
				httpStatus: 409,
			},
			pairedItem: { item: 4 },
		});
	});

	test('is flat, and an item like any other unless it leaves by the error output', () => {
		for (const error of [new AirError('AIR_DNS'), new Error('x'), 'text', undefined]) {
			const item = failedItem(error, 0, node);
			expect(item).not.toHaveProperty('error');
			expect(item.json.error).toBeTruthy();
			expect(Object.values(item.json).filter((value) => typeof value === 'object')).toEqual([]);
			expect(item.pairedItem).toEqual({ item: 0 });
		}
	});

	test('for the error output of older n8n, an error that is not copied with the item', () => {
		const item = failedItem(new AirError('AIR_DNS'), 0, {
			...node,
			onError: 'continueErrorOutput',
		});
		expect(item.error?.message).toBe(item.json.error);
		expect({ ...item }).toEqual({ json: item.json, pairedItem: item.pairedItem });
	});

	test('an error without words is a failure anyway', () => {
		expect(failedItem(new Error(''), 0, node).json.error).toBeTruthy();
	});

	test('nobody is told to send again what may have been issued', () => {
		const details = (error: AirError) => failedItem(error, 0, node).json;
		expect(details(new AirError('AIR_SERVER_FAILURE'))).toMatchObject({ retryable: false });
		expect(details(new AirError('AIR_RATE_LIMITED', { kind: 'outcome-unknown' }))).toMatchObject({
			retryable: false,
		});
		expect(details(new AirError('AIR_RATE_LIMITED'))).toMatchObject({ retryable: true });
	});
});
