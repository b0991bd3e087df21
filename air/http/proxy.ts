import { getProxyForUrl } from 'proxy-from-env';
import { AirError } from '../../errors/AirError';

function addressOf(text: string): URL {
	// The parser's message would show the address, including its password.
	if (!URL.canParse(text)) {
		throw new AirError('AIR_PROXY_ADDRESS', { detail: 'it cannot be read' });
	}
	const address = new URL(text);
	if (address.protocol !== 'http:' && address.protocol !== 'https:') {
		throw new AirError('AIR_PROXY_ADDRESS', { detail: `${address.protocol} is not supported` });
	}
	return address;
}

/**
 * The proxy for a target, chosen by the library that n8n itself asks: from `HTTPS_PROXY` or
 * `HTTP_PROXY`, by the scheme of the target, then `ALL_PROXY`, lower case first; undefined for what
 * `NO_PROXY` lists. undici's own reading differs: it knows no `ALL_PROXY`, takes `HTTP_PROXY` for https
 * targets too, and `NO_PROXY=example.com` covers `api.example.com` there.
 *
 * The variables of the process are read each time, as n8n reads them.
 *
 * @throws AirError `AIR_PROXY_ADDRESS` for anything but the address of an http or https proxy, before
 * anything is sent
 * @example
 * ```ts
 * proxyFor(new URL('https://air.example.com/v1'))?.origin; // 'http://proxy.example.com:3128'
 * ```
 */
export function proxyFor(target: URL): URL | undefined {
	const text = getProxyForUrl(target);
	return text === '' ? undefined : addressOf(text);
}
