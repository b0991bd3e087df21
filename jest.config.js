/** jose and commander ship ES modules only, and jest's own loader cannot `require` those as Node ≥ 22.12 does. */
const shared = {
	testEnvironment: '<rootDir>/test/support/TimedEnvironment.js',
	setupFiles: ['<rootDir>/test/support/fastCheck.ts'],
	setupFilesAfterEnv: ['<rootDir>/test/support/forgetLimits.ts'],
	transform: {
		'^.+\\.(ts|js)$': [
			'@swc/jest',
			{ jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
		],
	},
	transformIgnorePatterns: ['/node_modules/(?!(jose|commander)/)'],
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.artifacts/'],
};

module.exports = {
	// A busy machine is not a failure.
	testTimeout: 60_000,
	testSequencer: '<rootDir>/test/support/LongestFirst.js',
	projects: ['unit', 'engine', 'package', 'host', 'browser', 'faults', 'soak'].map((name) => ({
		...shared,
		displayName: name,
		testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	})),
};
