import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { INodeProperties, INodeType } from 'n8n-workflow';
import { looksLikeSchemaId } from '../../../issuance/inputs/schemaId';
import { MocaAirGetIssuanceStatus } from '../../../nodes/MocaAirGetIssuanceStatus/MocaAirGetIssuanceStatus.node';
import { MocaAirIssueOnBehalf } from '../../../nodes/MocaAirIssueOnBehalf/MocaAirIssueOnBehalf.node';
import { MocaAirJwksTrigger } from '../../../nodes/MocaAirJwksTrigger/MocaAirJwksTrigger.node';
import { MocaAir } from '../../../nodes/MocaAir/MocaAir.node';
import { MocaAirTrigger } from '../../../nodes/MocaAirTrigger/MocaAirTrigger.node';

const root = join(__dirname, '../../..');
const json = (path: string) =>
	JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>;
const manifest = json('package.json') as {
	name: string;
	files: string[];
	n8n: { nodes: string[]; credentials: string[] };
};

interface Row {
	readonly type: INodeType;
	readonly name: string;
	readonly displayName: string;
	readonly className: string;
	readonly parameters: readonly (readonly [path: string, type: string, fallback: unknown])[];
}

/**
 * What workflows that people saved hold: node names, parameter names, and the defaults that are left
 * out of a saved workflow. A row may be added; changing one breaks workflows.
 */
const rows: readonly Row[] = [
	{
		type: new MocaAirIssueOnBehalf(),
		name: 'mocaAirIssueOnBehalf',
		displayName: 'Moca AIR Issue on Behalf',
		className: 'MocaAirIssueOnBehalf',
		parameters: [
			['operation', 'options checkOnly|issue', 'issue'],
			['checkOnlyNotice', 'notice', ''],
			['recipient', 'string', ''],
			['issuanceProgram', 'resourceLocator', { mode: 'id', value: '' }],
			['subjectMode', 'options automatic|fields|json|mapper', 'mapper'],
			['automaticNotice', 'notice', ''],
			['attributesIn', 'string', ''],
			['leftOut', 'string', ''],
			['convertTypes', 'boolean', true],
			['schemaSource', 'options example|jsonSchema', 'example'],
			['subjectExample', 'json', '{}'],
			['subjectSchema', 'json', '{}'],
			['subjectMapper', 'resourceMapper', { mappingMode: 'defineBelow', value: null }],
			['subjectFields', 'fixedCollection', {}],
			['subjectFields.field.name', 'string', ''],
			[
				'subjectFields.field.type',
				'options boolean|date|dateTime|integer|json|list|number|object|string|unixSeconds',
				'string',
			],
			['subjectFields.field.value', 'string', ''],
			['subjectJson', 'json', '{}'],
			['onDuplicate', 'options ignore|revoke', 'ignore'],
			['idempotency', 'options content|event|execution|off', 'content'],
			['eventId', 'string', ''],
			['simplify', 'boolean', true],
			['options', 'collection', {}],
			['options.includeInput', 'boolean', true],
			['options.reference', 'string', ''],
			['options.sameRecipient', 'boolean', true],
			['options.waitTimeout', 'number', 120],
			['options.waitUntilOnChain', 'boolean', true],
			['expert', 'collection', {}],
			['expert.concurrency', 'number', 10],
			['expert.ignoreWhenComparing', 'string', ''],
			['expert.issuerDid', 'string', ''],
			['expert.rememberHours', 'number', 24],
			['expert.requestTimeout', 'number', 30],
			['expert.requestsPerSecond', 'number', 0],
			['expert.sendAgainWhenUnknown', 'boolean', false],
			['expert.jwtLifetime', 'number', 5],
		],
	},
	{
		type: new MocaAirGetIssuanceStatus(),
		name: 'mocaAirGetIssuanceStatus',
		displayName: 'Moca AIR Get Issuance Status',
		className: 'MocaAirGetIssuanceStatus',
		parameters: [
			['operation', 'options getStatus', 'getStatus'],
			['coreClaimHash', 'string', '={{ $json.coreClaimHash }}'],
			['coreClaimHash', 'string', ''],
			['recipient', 'string', '={{ $json.email }}'],
			['recipient', 'string', ''],
			['simplify', 'boolean', true],
			['options', 'collection', {}],
			['options.includeInput', 'boolean', true],
			['options.waitTimeout', 'number', 120],
			['options.waitUntilOnChain', 'boolean', true],
			['expert', 'collection', {}],
			['expert.concurrency', 'number', 10],
			['expert.requestTimeout', 'number', 30],
			['expert.requestsPerSecond', 'number', 0],
			['expert.jwtLifetime', 'number', 5],
		],
	},
	{
		type: new MocaAir(),
		name: 'mocaAir',
		displayName: 'Moca AIR',
		className: 'MocaAir',
		parameters: [
			['resource', 'options credential|ledger|setup', 'setup'],
			['operation', 'options checkDirectIssuance|issueDirectly|revoke', 'issueDirectly'],
			['operation', 'options erasePerson|get|getMany|settle|summary', 'getMany'],
			[
				'operation',
				'options checkSetup|createPartnerJwt|getPublicDocuments|unpublishKey',
				'checkSetup',
			],
			['recipient', 'string', ''],
			['credentialType', 'string', ''],
			['schemaId', 'string', ''],
			['expires', 'options date|days', 'days'],
			['expiresAfterDays', 'number', 365],
			['expiresAt', 'dateTime', ''],
			['subjectMode', 'options automatic|fields|json|mapper', 'mapper'],
			['automaticNotice', 'notice', ''],
			['attributesIn', 'string', ''],
			['leftOut', 'string', ''],
			['convertTypes', 'boolean', true],
			['schemaSource', 'options example|jsonSchema', 'example'],
			['subjectExample', 'json', '{}'],
			['subjectSchema', 'json', '{}'],
			['subjectMapper', 'resourceMapper', { mappingMode: 'defineBelow', value: null }],
			['subjectFields', 'fixedCollection', {}],
			['subjectFields.field.name', 'string', ''],
			[
				'subjectFields.field.type',
				'options boolean|date|dateTime|integer|json|list|number|object|string|unixSeconds',
				'string',
			],
			['subjectFields.field.value', 'string', ''],
			['subjectJson', 'json', '{}'],
			['disclosure', 'options all|chosen|none', 'all'],
			['disclosable', 'string', ''],
			['ifHeld', 'options another|keep|reissue', 'keep'],
			['idempotency', 'options content|event|execution|off', 'content'],
			['eventId', 'string', ''],
			['simplify', 'boolean', true],
			['options', 'collection', {}],
			['options.includeInput', 'boolean', true],
			['options.claimsSchema', 'json', '{}'],
			['options.reference', 'string', ''],
			['options.revocable', 'options list|number|off', 'list'],
			['options.revokeFirst', 'boolean', true],
			['options.sameRecipient', 'boolean', true],
			['options.unbound', 'boolean', true],
			['expert', 'collection', {}],
			['expert.concurrency', 'number', 10],
			['expert.ignoreWhenComparing', 'string', ''],
			['expert.rememberHours', 'number', 24],
			['expert.requestTimeout', 'number', 30],
			['expert.requestsPerSecond', 'number', 0],
			['revokeNotice', 'notice', ''],
			['revokeBy', 'options event|externalId|number|person', 'person'],
			['externalId', 'string', ''],
			['revocationNumber', 'string', ''],
			['note', 'string', ''],
			['spelling', 'options any|exact', 'any'],
			['dryRun', 'boolean', true],
			['eraseNotice', 'notice', ''],
			['findBy', 'options event|external|hash|id', 'hash'],
			['coreClaimHash', 'string', ''],
			['program', 'string', ''],
			['ledgerRow', 'string', ''],
			['returnAll', 'boolean', false],
			['limit', 'number', 50],
			['sort', 'options newest|oldest', 'newest'],
			['filters', 'collection', {}],
			['filters.begunAfter', 'dateTime', ''],
			['filters.begunBefore', 'dateTime', ''],
			['filters.eventId', 'string', ''],
			['filters.exactSpelling', 'boolean', false],
			['filters.executionId', 'string', ''],
			['filters.externalId', 'string', ''],
			['filters.program', 'string', ''],
			['filters.outcomes', 'multiOptions issued|kept|notIssued|underWay|unknown', []],
			['filters.recipient', 'string', ''],
			['filters.reference', 'string', ''],
			[
				'filters.states',
				'multiOptions abandoned|confirmed|rejected|revoked|sending|stored|submitted|superseded|unknown|unusable',
				[],
			],
			['filters.way', 'options direct|on-behalf', 'on-behalf'],
			['settleNotice', 'notice', ''],
			['outcome', 'options issued|notIssued|sendAgain', 'issued'],
			['options', 'collection', {}],
			['options.attempt', 'string', ''],
			['days', 'number', 30],
			['asFile', 'boolean', false],
			['binaryPropertyName', 'string', 'data'],
			['checkIssueOnBehalf', 'boolean', false],
			['checkAccountHost', 'boolean', false],
			['ownAddress', 'string', ''],
			['options', 'collection', {}],
			['options.bareStatusList', 'boolean', true],
			['options.listsExpireAfterDays', 'number', 7],
			['notice', 'notice', ''],
			['scope', 'options custom|issue|issue on-behalf|none|verify', 'issue'],
			['customScope', 'string', ''],
			['email', 'string', ''],
			['options', 'collection', {}],
			['options.extraClaims', 'json', '{}'],
			['options.jwtLifetime', 'number', 5],
			['unpublishNotice', 'notice', ''],
			['kid', 'string', ''],
			['givenUp', 'number', 0],
		],
	},
	{
		type: new MocaAirTrigger(),
		name: 'mocaAirTrigger',
		displayName: 'Moca AIR Trigger',
		className: 'MocaAirTrigger',
		parameters: [
			['watch', 'options everywhere|instance|specific', 'instance'],
			['issuances', 'fixedCollection', {}],
			['issuances.issuance.coreClaimHash', 'string', ''],
			['issuances.issuance.recipient', 'string', ''],
			[
				'events',
				'multiOptions confirmed|delayed|expired|expiringSoon|notUsable|outcomeUnknown|statusChanged|stored',
				['confirmed'],
			],
			['delayMinutes', 'number', 5],
			['expiringBefore', 'number', 14],
			['expiringUnit', 'options days|hours|minutes', 'days'],
			['start', 'options beginning|now', 'now'],
			['filters', 'collection', {}],
			['filters.program', 'string', ''],
			['filters.referencePrefix', 'string', ''],
			['filters.workflowId', 'string', ''],
			['options', 'collection', {}],
			['options.maxEvents', 'number', 1000],
			['options.requestTimeout', 'number', 10],
			['options.maxCalls', 'number', 2000],
			['options.jwtLifetime', 'number', 5],
		],
	},
	{
		type: new MocaAirJwksTrigger(),
		name: 'mocaAirJwksTrigger',
		displayName: 'Moca AIR JWKS Trigger',
		className: 'MocaAirJwksTrigger',
		parameters: [
			['notice', 'notice', ''],
			['path', 'string', ''],
			['issuerDocuments', 'boolean', false],
			['documentsNotice', 'notice', ''],
			['documentsAddress', 'notice', ''],
			['revocations', 'boolean', false],
			['revocationsNotice', 'notice', ''],
			['options', 'collection', {}],
			['options.bareStatusList', 'boolean', true],
			['options.cacheSeconds', 'number', 300],
			['options.startExecutions', 'boolean', false],
		],
	},
];

/** What people type into the nodes panel, and the one node that is to be found by it. */
const SEARCHED_FOR: Readonly<Record<string, readonly string[]>> = {
	mocaAirIssueOnBehalf: [
		...['issue credential', 'verifiable credential', 'certificate', 'diploma', 'badge', 'wallet'],
		...['web3', 'membership', 'proof of attendance', 'attestation', 'KYC', 'identity'],
	],
	mocaAirGetIssuanceStatus: ['issuance status'],
	// The entry of the trigger, too, whose own aliases n8n drops.
	mocaAir: [
		'issuances',
		'ledger',
		'settle',
		'erase person',
		'check setup',
		'credential confirmed',
		'401',
	],
	mocaAirTrigger: ['credential confirmed'],
	mocaAirJwksTrigger: ['JWKS'],
};

/** Every parameter with its path, kind, values and default. */
function parametersOf(properties: readonly INodeProperties[], under = ''): unknown[][] {
	return properties.flatMap((property) => {
		const path = `${under}${property.name}`;
		const values: unknown[] = [];
		const inner: unknown[][] = [];
		for (const option of property.options ?? []) {
			if ('values' in option) inner.push(...parametersOf(option.values, `${path}.${option.name}.`));
			else if ('type' in option) inner.push(...parametersOf([option], `${path}.`));
			else if ('value' in option) values.push(option.value);
		}
		const kind =
			values.length === 0 ? property.type : `${property.type} ${values.sort().join('|')}`;
		return [[path, kind, property.default], ...inner];
	});
}

/** Without second definitions of the same parameter: another case of showing it, or the unseen one. */
function onceEach(properties: readonly INodeProperties[]): INodeProperties[] {
	const kinds = new Set(properties.filter(({ type }) => type !== 'notice').map(({ name }) => name));
	const seen = new Set<string>();
	return properties.filter((property) => {
		const { name, type, default: fallback } = property;
		const inner = type === 'collection' ? property.options?.map((option) => option.name) : [];
		const id = JSON.stringify([name, type, fallback, inner]);
		if ((type === 'notice' && kinds.has(name)) || seen.has(id)) return false;
		seen.add(id);
		return true;
	});
}

describe.each(rows)('$displayName', ({ type, name, displayName, className, parameters }) => {
	const { description } = type;
	const folder = `nodes/${className}`;

	test('name, display name, version', () => {
		expect(description).toMatchObject({
			name,
			displayName,
			version: 1,
			defaults: { name: displayName },
		});
		expect(description.subtitle).toMatch(/^=\{\{/);
		expect(type.constructor.name).toBe(className);
	});

	test('parameters are what saved workflows hold', () => {
		expect(parametersOf(onceEach(description.properties))).toEqual(parameters);
	});

	test('asks for our credential, and for no other', () => {
		expect(description.credentials).toEqual([{ name: 'mocaAirApi', required: true }]);
	});

	test('is in the package under the name that n8n derives from its file', () => {
		expect(manifest.n8n.nodes).toContain(`dist/${folder}/${className}.node.js`);
	});

	test('the codex file is of this package and node, and its links lead to pages there are', () => {
		const codex = json(`${folder}/${className}.node.json`);
		expect(codex).toMatchObject({
			node: `${manifest.name}.${name}`,
			nodeVersion: '1.0',
			codexVersion: '1.0',
			// Of n8n's fixed list.
			categories: ['Development', 'Productivity'],
			alias: expect.arrayContaining([...(SEARCHED_FOR[name] ?? []), 'Moca', 'AIR']) as string[],
		});
		const links = JSON.stringify(codex).match(/https:[^"]+/g) ?? [];
		expect(links.length).toBeGreaterThan(0);
		for (const link of links) {
			const page = /\/blob\/main\/(.+)$/.exec(link)?.[1] ?? 'not a page of ours';
			expect([page, existsSync(join(root, page))]).toEqual([page, true]);
		}
	});

	test('its icons are there, light and dark, and no other node has them', () => {
		const { light, dark } = description.icon as { light: string; dark: string };
		const [bright, dim] = [light, dark].map((icon) =>
			readFileSync(join(root, folder, icon.slice('file:'.length)), 'utf8'),
		);
		expect(bright).toContain('<svg');
		expect(dim).toContain('<svg');
		expect(dim).not.toBe(bright);
		const sameIcon = rows.filter(
			({ type: other }) =>
				JSON.stringify(other.description.icon) === JSON.stringify({ light, dark }),
		);
		expect(sameIcon).toHaveLength(1);
	});

	test('an agent may use it as a tool, unless it is a trigger', () => {
		const isTrigger = description.group.includes('trigger');
		expect(Boolean(description.usableAsTool)).toBe(!isTrigger);
		expect(description.inputs).toHaveLength(isTrigger ? 0 : 1);
		expect(description.polling ?? false).toBe(name === 'mocaAirTrigger');
	});
});

describe('the nodes panel', () => {
	/** As n8n finds what to list under a trigger (n8n 2.40.7, useActionsGeneration). */
	const EVENT_LABELS = ['event', 'events', 'trigger on'];

	test('each event of the trigger says what it starts on', () => {
		const events = new MocaAirTrigger().description.properties.find(({ displayName }) =>
			EVENT_LABELS.includes(displayName.toLowerCase()),
		);
		expect(events?.options?.map((option) => ('action' in option ? option.action : ''))).toEqual([
			'On any status change',
			'On credential confirmed',
			'On credential delayed',
			'On credential expired',
			'On credential expiring soon',
			'On credential unusable',
			'On outcome unknown',
			'On credential stored',
		]);
	});

	test('Moca AIR names its operations as people would, and n8n merges the trigger into its entry', () => {
		const { name, properties } = new MocaAir().description;
		expect(new MocaAirTrigger().description.name).toBe(`${name}Trigger`);
		const operations = properties.filter((property) => property.name === 'operation');
		const actions = operations
			.flatMap(({ options }) => options ?? [])
			.map((option) => ('action' in option ? option.action : ''));
		expect(actions).toEqual([
			'Check items before they are issued directly',
			'Issue a credential directly',
			'Revoke a credential',
			'Erase a person from the ledger',
			'Get an issuance',
			'Get many issuances',
			'Settle an unknown outcome',
			'Get a summary of issuances',
			'Check the setup',
			'Get the public documents',
			'Create a partner JWT',
			'Unpublish a key',
		]);
	});
});

test('package.json lists every node and credential there is, and nothing else', () => {
	const sources = (folder: string, ending: string) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith(`${ending}.ts`))
			.map((file) => `dist/${folder}/${file.replace(/\\/g, '/').replace(/ts$/, 'js')}`)
			.sort();
	expect([...manifest.n8n.nodes].sort()).toEqual(sources('nodes', '.node'));
	expect([...manifest.n8n.credentials].sort()).toEqual(sources('credentials', '.credentials'));
	for (const file of manifest.n8n.nodes) {
		expect(basename(file)).toBe(`${basename(dirname(file))}.node.js`);
	}
});

test('this table knows every node', () => {
	expect(rows.map(({ className }) => className).sort()).toEqual(
		manifest.n8n.nodes.map((file) => basename(file, '.node.js')).sort(),
	);
});

describe('Issue on Behalf warns and explains', () => {
	const { description } = new MocaAirIssueOnBehalf();

	test('the hint about a schema ID says what looksLikeSchemaId says', () => {
		const condition = description.hints?.[0]?.displayCondition ?? '';
		const pattern = /\/(\^.+\$)\/\.test/.exec(condition)?.[1];
		expect(pattern).toBeDefined();
		for (const id of [
			'01KSTQK70XGFBT558HRHFB',
			'c21s70g0i54sn0023172Cv',
			'01kstqk70xgfbt558hrhfb',
			'01KSTQK70XGFBT558HRHF',
			'',
		]) {
			expect(new RegExp(pattern ?? '').test(id)).toBe(looksLikeSchemaId(id));
		}
	});

	test('an agent is told that issuing cannot be undone', () => {
		const tool = description.usableAsTool;
		expect(typeof tool === 'object' ? tool.replacements?.description : '').toMatch(
			/cannot be undone/,
		);
	});

	test('what destroys is not what it does by itself, also as a tool', () => {
		const defaults = new Map(
			parametersOf(description.properties).map(([path, , fallback]) => [path, fallback]),
		);
		expect(defaults.get('expert.sendAgainWhenUnknown')).toBe(false);
		expect(description.properties.filter(({ name }) => name === 'onDuplicate')).toHaveLength(1);
		expect(defaults.get('onDuplicate')).toBe('ignore');
	});
});
