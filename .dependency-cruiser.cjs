/**
 * Which room may import which, checked by `npm test`; what the rooms are for is in CONTRIBUTING.md.
 * test/unit/imports.test.ts breaks each of these rules once.
 */
const SHIPPED = 'errors|air|ledger|issuance|n8n|credentials|nodes|cli';
const ROOMS = `${SHIPPED}|emulator|jwks|scripts|harness|test`;

/** A package, installed or not. */
const npm = (names) => `(^|/)node_modules/(${names})/|^(${names})$`;

/** A room may import itself, the rooms named, and nothing else of ours. */
const only = (room, ...allowed) => ({
	name: `${room}-imports-only-${allowed.join('-') || 'itself'}`,
	severity: 'error',
	from: { path: `^${room}/` },
	to: { path: `^(${ROOMS})/`, pathNot: `^(${[room, ...allowed].join('|')})/` },
});

/** A package that only one room may load, so that what it does happens in one place. */
const alone = (names, room) => ({
	name: `${names.split('|')[0].replace(/\W/g, '-')}-only-in-${room.replaceAll('/', '-')}`,
	severity: 'error',
	from: { path: `^(${SHIPPED})/`, pathNot: `^(${room})/` },
	to: { path: npm(names), dependencyTypesNot: ['type-only'] },
});

module.exports = {
	forbidden: [
		{ name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
		only('errors'),
		only('air', 'errors'),
		only('ledger', 'errors'),
		only('issuance', 'air', 'ledger', 'errors'),
		only('n8n', 'issuance', 'air', 'ledger', 'errors'),
		only('credentials', 'n8n', 'issuance', 'air', 'errors'),
		only('nodes', 'n8n', 'issuance', 'air', 'ledger', 'errors'),
		only('cli', 'issuance', 'air', 'ledger', 'errors'),
		only('emulator'),
		only('harness', 'scripts'),
		{
			name: 'no-node-imports-another',
			severity: 'error',
			from: { path: '^nodes/([^/]+)/' },
			to: { path: '^nodes/', pathNot: '^nodes/$1/' },
		},
		{
			name: 'without-n8n',
			severity: 'error',
			from: { path: '^(errors|air|ledger|issuance|cli|emulator)/' },
			to: { path: npm('n8n-workflow|n8n-core') },
		},
		alone('undici|proxy-from-env', 'air/http'),
		{
			name: 'sockets-only-in-air-http',
			severity: 'error',
			from: { path: `^(${SHIPPED})/`, pathNot: '^air/http/' },
			to: {
				path: '^(node:)?(http|https|http2|net|tls|dgram)$',
				dependencyTypesNot: ['type-only'],
			},
		},
		alone('jose', 'air'),
		alone('pg', 'ledger/postgres'),
		alone('lossless-json|ajv|ajv-formats', 'issuance/subject'),
		alone('commander', 'cli'),
		{
			name: 'no-development-tool-is-shipped',
			severity: 'error',
			from: { path: `^(${SHIPPED})/` },
			to: {
				dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
				dependencyTypesNot: ['type-only', 'npm-peer'],
			},
		},
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: '^(dist|coverage|\\.artifacts)/' },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
		combinedDependencies: false,
	},
};
