#!/usr/bin/env bash
# @n8n/eslint-plugin-community-nodes 0.32.0 (n8n-workflow 2.41.0) and eslint-plugin-n8n-nodes-base 2.0.0,
# with eslint 9.29.0 and Node 24.21.0.
#
# A good guess: a community node can satisfy the rules of both of n8n's plugins, which n8n's documentation
# and its package scan require.
# Seen: for a node's inputs, one requires the text 'main', and "fixes" anything else to it; the other
# requires NodeConnectionTypes.Main and refuses the text. No spelling satisfies both. The same holds for
# outputs.
# It matters for anyone who writes a community node and switches all rules on: with --fix the two undo each
# other's work.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps node@24.21.0 eslint@9.29.0 \
	typescript@5.9.3 typescript-eslint@8.73.0 eslint-plugin-n8n-nodes-base@2.0.0 \
	@n8n/eslint-plugin-community-nodes@0.32.0 n8n-workflow@2.41.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.mjs <<'JS'
import community from '@n8n/eslint-plugin-community-nodes';
import { ESLint } from 'eslint';
import base from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';
const eslint = new ESLint({
	overrideConfigFile: true,
	overrideConfig: [
		{
			files: ['**/*.ts'],
			languageOptions: { parser: tseslint.parser },
			plugins: { community, base },
			rules: {
				'community/node-connection-type-literal': 'error',
				'base/node-class-description-inputs-wrong-regular-node': 'error',
			},
		},
	],
});
for (const inputs of ["['main']", '[NodeConnectionTypes.Main]']) {
	const code = `
		import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
		export class Example implements INodeType {
			description: INodeTypeDescription = {
				displayName: 'Example', name: 'example', group: ['transform'], version: 1,
				description: 'An example', defaults: { name: 'Example' },
				inputs: ${inputs}, outputs: [NodeConnectionTypes.Main], properties: [],
			};
		}`;
	const [result] = await eslint.lintText(code, { filePath: 'nodes/Example/Example.node.ts' });
	console.log(`inputs: ${inputs} is refused by ${result.messages.map(({ ruleId }) => ruleId)}`);
}
JS
output=$(node_modules/node/bin/node run.mjs)
echo "$output"
expected="inputs: ['main'] is refused by community/node-connection-type-literal
inputs: [NodeConnectionTypes.Main] is refused by base/node-class-description-inputs-wrong-regular-node"
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
