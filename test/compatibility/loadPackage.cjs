// Loads the package as n8n does, by the loader of the n8n-core that NODE_PATH holds, and prints what
// came of it. Plain JavaScript: it runs on each Node that is tried, with nothing between it and the package.
// argv: the folder of the package
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { PackageDirectoryLoader } = require('n8n-core');

async function main([, , folder]) {
	const loader = new PackageDirectoryLoader(folder);
	await loader.loadAll();
	const { nodes, credentials } = loader.types;
	console.log(
		JSON.stringify({
			node: process.versions.node,
			nodes: nodes.map(({ name }) => name),
			credentials: credentials.map(({ name }) => name),
			n8nWorkflow: createRequire(join(folder, 'package.json')).resolve('n8n-workflow'),
		}),
	);
}

void main(process.argv);
