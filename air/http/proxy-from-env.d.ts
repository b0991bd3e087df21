/** The library has no types of its own. */
declare module 'proxy-from-env' {
	/** @returns the address of the proxy as the variable has it, or an empty text */
	export function getProxyForUrl(target: string | URL): string;
}
