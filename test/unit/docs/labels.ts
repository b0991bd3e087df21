import { basename, join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { ICredentialType, INodeProperties, INodeType } from 'n8n-workflow';
import { z } from 'zod';
import { exampleNames, readExample } from '../../../scripts/examples';
import { root } from '../../../scripts/package';

const manifest = z
	.object({
		scripts: z.record(z.string(), z.string()),
		n8n: z.object({ nodes: z.array(z.string()), credentials: z.array(z.string()) }),
	})
	.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** The names of the npm scripts. */
export const scripts: readonly string[] = Object.keys(manifest.scripts);

/** A parameter, or what can be chosen in one, by the words that the user sees. */
export interface Labelled {
	readonly parameters: readonly string[];
	readonly choices: readonly string[];
}

function labelsOf(properties: readonly INodeProperties[]): Labelled {
	const parameters: string[] = [];
	const choices: string[] = [];
	const read = (property: INodeProperties): void => {
		if (property.type !== 'notice') parameters.push(property.displayName);
		for (const option of property.options ?? []) {
			if ('values' in option) option.values.forEach(read);
			else if ('type' in option) read(option);
			else if ('value' in option) choices.push(option.name);
		}
	};
	properties.forEach(read);
	return { parameters: [...new Set(parameters)], choices: [...new Set(choices)] };
}

const load = async <T>(file: string): Promise<T> => {
	const source = join(root, file.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
	const exported = (await import(source)) as Record<string, new () => T>;
	const Type = exported[basename(file).replace(/\..*$/, '')];
	if (Type === undefined) throw new Error(`${file} exports no class of its name`);
	return new Type();
};

/** The nodes and the credential of the package, by their display names. */
export async function labelledTypes(): Promise<Map<string, Labelled>> {
	const types = new Map<string, Labelled>();
	for (const file of manifest.n8n.nodes) {
		const { description } = await load<INodeType>(file);
		types.set(description.displayName, labelsOf(description.properties));
	}
	for (const file of manifest.n8n.credentials) {
		const credential = await load<ICredentialType>(file);
		types.set(credential.displayName, labelsOf(credential.properties));
	}
	return types;
}

/** The names of the nodes in the example workflows. */
export const exampleNodes = (): string[] =>
	exampleNames().flatMap((name) => readExample(name).nodes.map((node) => node.name));
