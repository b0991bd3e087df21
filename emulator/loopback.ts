/** Whether a host name can only mean this machine. Names other than `localhost` are not looked up. */
export function isLoopback(hostname: string): boolean {
	const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
	return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name);
}
