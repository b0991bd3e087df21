/**
 * The proxy for a target, as n8n chooses it: the variable of the scheme, then `ALL_PROXY`, lower
 * case first. undici's own reading knows no `ALL_PROXY` (n8n-facts §8.4) and takes `HTTP_PROXY` for
 * https targets too, which n8n does not.
 *
 * @param protocol - `https:` or `http:`
 * @param env - usually `process.env`
 * @returns the address of the proxy, or undefined. `NO_PROXY` is left to undici.
 */
export function proxyFor(protocol: string, env: NodeJS.ProcessEnv): string | undefined {
	const names = protocol === 'https:' ? ['https_proxy'] : ['http_proxy'];
	for (const name of [...names, 'all_proxy']) {
		const value = (env[name] ?? env[name.toUpperCase()] ?? '').trim();
		if (value !== '') return /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
	}
	return undefined;
}
