import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandNames } from '../../../cli/run';
import { exampleNames } from '../../../scripts/examples';
import { root } from '../../../scripts/package';
import { exampleNodes, labelledTypes, scripts, type Labelled } from './labels';
import { linksOf, pages } from './pages';

/** What a page says must still be so: pictures, labels, commands and links. */

/** In bold, but words of n8n, of AIR's dashboard, or plain emphasis. */
const OTHERS_WORDS = new Set([
	// n8n's editor, its settings and its own nodes
	...[
		'Authentication',
		'Crypto',
		'Execute Workflow',
		'Fetch Test Event',
		'Hmac Secret',
		'On Error',
	],
	...['Production URL', 'Remove Duplicates', 'Remove Items Processed in Previous Executions'],
	...['Respond to Webhook', 'Retry', 'Retry On Fail', 'Value Is New', 'History Size', 'Webhook'],
	...['Webhook URLs'],
	// The key page
	...['Download jwks.json', 'Make a Key Pair and Copy the Private Key'],
	// AIR's dashboard
	...['Privacy Policy URL'],
	// Emphasis
	...['E-mails', 'Expiry', 'Partner JWTs', 'Proxies', 'Security', 'Statuses', 'TLS'],
	...['Test', 'The Connection URL', 'Waiting'],
]);

const SMALL = /^(?:a|an|and|as|at|by|for|from|in|is|it|of|off|on|or|per|the|this|to|when|with)$/;
/** Written as n8n writes labels: title case, no full stop. */
const looksLikeLabel = (text: string) =>
	/^[A-Z]/.test(text) &&
	!/[.:!?…]$/.test(text) &&
	text.split(/\s+/).every((word) => SMALL.test(word) || /^[A-Z0-9]/.test(word));

let types: Map<string, Labelled>;
let known: Set<string>;

beforeAll(async () => {
	types = await labelledTypes();
	const labels = [...types.values()].flatMap(({ parameters, choices }) => [
		...parameters,
		...choices,
	]);
	known = new Set([...types.keys(), ...labels, ...exampleNodes()]);
});

describe.each(pages.map((page) => [page.path, page] as const))('%s', (_path, page) => {
	test('leads to files and headings that exist', () => {
		const broken = linksOf(page).filter(({ to, anchor }) => {
			const target = pages.find(({ path }) => path === to);
			return (
				!existsSync(join(root, to)) ||
				(anchor !== undefined && target !== undefined && !target.anchors.has(anchor))
			);
		});
		expect(broken).toEqual([]);
	});

	test('in bold names only fields, options, nodes and operations that exist', () => {
		const unknown = [...page.prose.matchAll(/\*\*([^*\n]+)\*\*/g)]
			.map(([, bold = '']) => bold.trim())
			.filter((bold) => looksLikeLabel(bold) && !known.has(bold) && !OTHERS_WORDS.has(bold));
		expect(unknown).toEqual([]);
	});

	test('in its tables of fields and options names only those that exist', () => {
		const unknown: string[] = [];
		let column = '';
		for (const line of page.prose.split('\n')) {
			const cell = /^\| *(.*?) *\|/.exec(line)?.[1];
			if (cell === undefined) column = '';
			else if (column === '') column = cell;
			else if (/^(?:Field|Option|Operation)$/.test(column) && /^[A-Z]/.test(cell)) {
				unknown.push(...cell.split(', ').filter((name) => !known.has(name)));
			}
		}
		expect(unknown).toEqual([]);
	});

	test('names only commands that exist', () => {
		const npm = [...page.text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name]) => name);
		expect(npm.filter((name) => !scripts.includes(name ?? ''))).toEqual([]);
		const ours = [...page.text.matchAll(/npx n8n-nodes-moca-air ([a-z-]+)/g)].map(
			([, name]) => name,
		);
		expect(ours.filter((name) => !commandNames.includes(name ?? ''))).toEqual([]);
	});
});

test('the page of a node names each of its fields, options and operations', () => {
	const missing: string[] = [];
	for (const [name, { parameters, choices }] of types) {
		// An operation may have a page of its own: “Moca AIR: Issue Directly”.
		const own = pages.filter(
			({ text }) => text.startsWith(`# ${name}\n`) || text.startsWith(`# ${name}: `),
		);
		const words = own.map(({ text }) => text).join('\n');
		const labels = parameters.filter((label) => label !== 'Operation' && label !== 'Options');
		for (const label of [...labels, ...choices]) {
			if (!words.includes(label)) missing.push(`${name}: ${label}`);
		}
	}
	expect(missing).toEqual([]);
});

test('every page of docs/ is reached from the README', () => {
	const reached = new Set(['README.md']);
	for (const path of reached) {
		const page = pages.find((one) => one.path === path);
		for (const { to } of page === undefined ? [] : linksOf(page)) reached.add(to);
	}
	const lost = pages.map(({ path }) => path).filter((path) => !reached.has(path));
	expect(lost.filter((path) => path.startsWith('docs/'))).toEqual([]);
});

describe('pictures', () => {
	const folder = 'docs/images';
	const files = readdirSync(join(root, folder)).sort();

	test('each is named by a page', () => {
		const named = new Set(pages.flatMap(linksOf).map(({ to }) => to));
		expect(files.filter((file) => !named.has(`${folder}/${file}`))).toEqual([]);
	});

	test('each is there for light and dark', () => {
		const names = new Set(files.map((file) => file.replace(/(?:\.dark)?\.png$/, '')));
		expect(files).toEqual([...names].flatMap((name) => [`${name}.dark.png`, `${name}.png`]).sort());
	});

	test('each is taken by npm run docs:pictures', () => {
		const taking = readdirSync(join(root, 'scripts'))
			.filter((file) => /pictures/i.test(file))
			.map((file) => readFileSync(join(root, 'scripts', file), 'utf8'))
			.join('\n');
		const examples = exampleNames().map((name) => `example-${name}`);
		const names = files.filter((file) => !file.includes('.dark.')).map((file) => file.slice(0, -4));
		const lost = names.filter((name) => !examples.includes(name) && !taking.includes(`'${name}'`));
		expect(lost).toEqual([]);
	});
});

test('the quick start leads to direct issuance first, in at most nine steps beyond the dashboard', () => {
	const { text = '' } = pages.find(({ path }) => path === 'docs/quick-start.md') ?? {};
	const [first = ''] = /^## (?!#)[\s\S]*?(?=^## (?!#))/m.exec(text) ?? [];
	expect(first).toMatch(/^## Issue directly\n/);
	const [steps = ''] = /^### .* steps in n8n\n[\s\S]*/m.exec(first) ?? [];
	const counted = [...steps.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
	expect(counted).toEqual(counted.map((_, index) => index + 1));
	expect(counted.length).toBeGreaterThan(0);
	expect(counted.length).toBeLessThanOrEqual(9);
	expect(steps).toMatch(/open the credential/);
});

test('the key page says the same about a change of the key as the page about it', () => {
	const { text = '' } = pages.find(({ path }) => path === 'docs/jwks.md') ?? {};
	const keyPage = readFileSync(join(root, 'jwks/keygen.html'), 'utf8').replace(/\s+/g, ' ');
	const waits = (from: string) =>
		[...from.matchAll(/\bwait (\d+) hours/gi)].map(([, hours]) => hours);
	expect(new Set(waits(text))).toEqual(new Set(waits(keyPage)));
	// Who only reads the key page must not end the credentials that the old key has signed.
	expect(keyPage).toMatch(/never while credentials that it signed .* are valid/);
});
