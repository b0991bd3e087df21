import { pathWithNode24 } from './paths';

/** Our settings for a started n8n. */
export interface N8nEnvironmentOptions {
	userFolder: string;
	port: number;
	/** n8n's task runner (Code nodes) talks to its main process over this port. */
	runnersPort: number;
	/** Overrides, e.g. for queue mode or durable polls. */
	extra: Record<string, string>;
}

/** Switches off everything that would call home, the registry or a template server. */
const quiet = {
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_DIAGNOSTICS_CONFIG_FRONTEND: '',
	N8N_DIAGNOSTICS_CONFIG_BACKEND: '',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
	// The list of verified packages is fetched from n8n's servers.
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_REINSTALL_MISSING_PACKAGES: 'false',
	// Fetches its list at every start, and has no switch of its own.
	N8N_DISABLED_MODULES: 'mcp-registry',
};

/**
 * The environment of a started n8n. Only a few variables of this process are kept: a developer's own
 * `N8N_…` or `DB_…` settings must not change what the tests see.
 */
export function n8nEnvironment(options: N8nEnvironmentOptions): NodeJS.ProcessEnv {
	const inherited = ['LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_COMPILE_CACHE'].flatMap((name) => {
		const value = process.env[name];
		return value === undefined ? [] : [[name, value] as const];
	});
	return {
		...Object.fromEntries(inherited),
		PATH: pathWithNode24(),
		// Not the developer's home: nothing that n8n or a node keeps there may leak in or out.
		HOME: options.userFolder,
		N8N_USER_FOLDER: options.userFolder,
		N8N_HOST: '127.0.0.1',
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_PORT: String(options.port),
		N8N_RUNNERS_BROKER_PORT: String(options.runnersPort),
		// Served over plain HTTP on loopback: a secure cookie would never come back.
		N8N_SECURE_COOKIE: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		// Our package is not verified by n8n, and n8n has announced that this default will change.
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_PYTHON_ENABLED: 'false',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '10',
		// Not every publication wakes n8n's worker for them, which otherwise checks every 15 s.
		N8N_WORKFLOW_PUBLICATION_OUTBOX_POLL_INTERVAL_MS: '1000',
		...quiet,
		// The emulator listens on loopback, which our package refuses unless the operator says so.
		MOCA_AIR_ALLOW_PRIVATE_URLS: 'true',
		...options.extra,
	};
}
