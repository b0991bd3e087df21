import n8nCommunity from '@n8n/eslint-plugin-community-nodes';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

const all = (plugin, prefix) =>
	Object.fromEntries(Object.keys(plugin.rules).map((rule) => [`${prefix}/${rule}`, 'error']));

const OFF = {
	// These three only serve verification for n8n Cloud, which runtime dependencies rule out
	// by themselves: jose, undici and zod are dependencies, …
	'@n8n/community-nodes/no-runtime-dependencies': 'off',
	// … imported where they are needed, together with Node's own modules, …
	'@n8n/community-nodes/no-restricted-imports': 'off',
	// … and `process.env` holds the operator's policy and proxies.
	'@n8n/community-nodes/no-restricted-globals': 'off',
	// Says of itself that it is for n8n's own repository; it demands the opposite of
	// @n8n/community-nodes/credential-documentation-url, which is on.
	'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
	// Demand the literal 'main'; @n8n/community-nodes/node-connection-type-literal, which is on,
	// demands NodeConnectionTypes.Main.
	'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
	'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
};

export default tseslint.config(
	{ ignores: ['node_modules/', 'dist/', '.artifacts/', 'coverage/'] },
	{ linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
	{
		files: ['**/*.ts'],
		extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
		languageOptions: { parserOptions: { project: './tsconfig.json' } },
		rules: {
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/switch-exhaustiveness-check': [
				'error',
				{ considerDefaultExhaustiveForUnions: true },
			],
		},
	},
	{
		files: ['package.json', 'nodes/**/*.ts', 'n8n/**/*.ts', 'credentials/**/*.ts'],
		plugins: { '@n8n/community-nodes': n8nCommunity, 'n8n-nodes-base': n8nNodesBase },
		rules: {
			...all(n8nCommunity, '@n8n/community-nodes'),
			...all(n8nNodesBase, 'n8n-nodes-base'),
			...OFF,
		},
	},
	{
		files: ['package.json'],
		languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
	},
);
