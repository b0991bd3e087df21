const { createRequire } = require('node:module');
const { join } = require('node:path');
const { projects } = require('../../jest.config');

/** Set by scripts/test-compatibility.ts: the folder with an n8n's engine, and the installed package. */
const { MOCA_AIR_COMPATIBILITY_ENGINE: folder, MOCA_AIR_COMPATIBILITY_PACKAGE: installed } =
	process.env;
if (!folder || !installed) throw new Error('run "npm run test:compatibility"');

/** Everything that the nodes do in the engine; faults, load, fuzzing and secrets are no matter of versions. */
const suites = [
	'getIssuanceStatus',
	'issueOnBehalf',
	'itemReferences',
	'jwksTrigger',
	'ledger',
	'mocaAir',
	'subjectModes',
	'trigger',
];
const fromEngine = createRequire(join(folder, 'package.json'));
const engineModules = ['n8n-core', 'n8n-workflow', '@n8n/di', '@n8n/backend-common'];
const engine = projects.find(({ displayName }) => displayName === 'engine');

/** The engine tests as they are, but with that engine, and with the installed package for our sources. */
module.exports = {
	testTimeout: 60_000,
	projects: [
		{
			...engine,
			rootDir: join(__dirname, '..', '..'),
			testMatch: suites.map((suite) => `<rootDir>/test/engine/${suite}.test.ts`),
			setupFilesAfterEnv: [...engine.setupFilesAfterEnv, join(__dirname, 'atHand.js')],
			// n8n 2.0 requires modules that are ES modules only, as Node ≥ 22.12 lets it, but not jest there.
			transformIgnorePatterns: ['/node_modules/(?!(jose|p-retry|is-network-error)/)'],
			moduleNameMapper: {
				...Object.fromEntries(engineModules.map((name) => [`^${name}$`, fromEngine.resolve(name)])),
				'^(?:\\.\\./)+(air|credentials|issuance|ledger|n8n|nodes)/(.+)$': join(
					installed,
					'dist/$1/$2',
				),
				// n8n has a folder of this name, too.
				'^(?:\\.\\./)+errors/(AirError|errorCatalogue|errorLink|redact|secrets)$': join(
					installed,
					'dist/errors/$1',
				),
			},
		},
	],
};
