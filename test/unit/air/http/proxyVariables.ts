const NAMES = /^(https?|all|no)_proxy$|^npm_config_(https?_|no_)?proxy$/i;

/**
 * Does something while the process has these proxy variables and no others: proxies are chosen by the
 * environment of the process, as n8n chooses them.
 */
export function withProxyVariables<T>(
	variables: Readonly<Record<string, string | undefined>>,
	action: () => T,
): T {
	const before = Object.entries(process.env).filter(([name]) => NAMES.test(name));
	const clear = () => {
		for (const name of Object.keys(process.env))
			if (NAMES.test(name)) Reflect.deleteProperty(process.env, name);
	};
	const restore = () => {
		clear();
		for (const [name, value] of before) process.env[name] = value;
	};
	clear();
	for (const [name, value] of Object.entries(variables)) {
		if (value !== undefined) process.env[name] = value;
	}
	let result: T;
	try {
		result = action();
	} catch (error) {
		restore();
		throw error;
	}
	if (result instanceof Promise) return result.finally(restore) as T;
	restore();
	return result;
}
