import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from '../../../scripts/package';

/** A page that users or developers read. */
export interface Page {
	/** From the root of the project, e.g. `docs/ledger.md`. */
	readonly path: string;
	readonly text: string;
	/** Without what is in fences and between backticks. */
	readonly prose: string;
	/** What a link may lead to: a heading as GitHub writes it, or an `id`. */
	readonly anchors: ReadonlySet<string>;
}

const withoutFences = (text: string) => text.replace(/^(```+)[^\n]*\n[\s\S]*?^\1\s*$/gm, '');

/** As GitHub makes the anchor of a heading: https://docs.github.com, “Section links”. */
const slug = (heading: string) =>
	heading
		.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
		.toLowerCase()
		.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
		.trim()
		.replace(/ /g, '-');

function anchorsOf(text: string): Set<string> {
	const anchors = new Set<string>();
	for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
		const name = slug(heading);
		let unique = name;
		for (let again = 1; anchors.has(unique); again++) unique = `${name}-${again}`;
		anchors.add(unique);
	}
	for (const [, id = ''] of text.matchAll(/ id="([^"]+)"/g)) anchors.add(id);
	return anchors;
}

function pageAt(path: string): Page {
	const text = readFileSync(join(root, path), 'utf8');
	const prose = withoutFences(text).replace(/`[^`\n]*`/g, '``');
	return { path, text, prose, anchors: anchorsOf(text) };
}

/** Every page: those at the root, and docs/. */
export const pages: readonly Page[] = [
	...readdirSync(root).filter((file) => file.endsWith('.md')),
	...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.md'))
		.map((file) => `docs/${file}`),
].map(pageAt);

/** Where a page leads within the project. */
export interface Link {
	readonly to: string;
	readonly anchor: string | undefined;
}

const LINKS = /\]\(([^)\s]+)(?: "[^"]*")?\)|(?:src|srcset|href)="([^"]+)"/g;

/** The links of a page, pictures included, that lead to a file of the project. */
export function linksOf({ path, prose }: Page): Link[] {
	return [...prose.matchAll(LINKS)]
		.map(([, markdown, html]) => markdown ?? html ?? '')
		.filter((target) => !/^[a-z]+:/i.test(target))
		.map((target) => {
			const [file = '', anchor] = target.split('#');
			return { to: file === '' ? path : normalize(join(dirname(path), file)), anchor };
		});
}
