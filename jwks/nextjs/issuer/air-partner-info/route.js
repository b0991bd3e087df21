// Serves air-partner-info.json from Next.js (App Router), for direct issuance. Put this file and air-partner-info.json into the
// folder app/.well-known/air-partner-info/ of your project. `next build` fails on a private key in it; build
// and deploy again after a change of air-partner-info.json, as when you rotate keys.
import document from './air-partner-info.json';

// Makes it a static file, also with `cacheComponents` or `output: 'export'`: `dynamic` is refused by the one.
export const generateStaticParams = () => [{}];

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** A document as text; one with a private key in it is refused. */
function publicText(document) {
	return JSON.stringify(document, (member, value) => {
		if (PRIVATE.includes(member)) {
			throw new Error(
				'A document holds a PRIVATE key. Remove it, and replace it if it was ever published.',
			);
		}
		return value;
	});
}

const body = publicText(document);
const headers = {
	'content-type': 'application/json',
	'cache-control': 'public, max-age=300',
	'access-control-allow-origin': '*',
};

export function GET() {
	return new Response(body, { headers });
}
