import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { aptInstall } from './debian';
import type { Log } from './log';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Returns the path of a Chromium: `CHROME_PATH`, else the system's, else it installs Debian's package
 * (not playwright's own download: one browser less to fetch and to trust).
 */
async function ensureChromium({ log }: { log: Log }): Promise<string> {
	const chosen = process.env.CHROME_PATH;
	if (chosen !== undefined && chosen !== '') {
		if (!existsSync(chosen)) throw new Error(`CHROME_PATH names no file: ${chosen}`);
		return chosen;
	}
	const find = (): string | undefined => known.find((path) => existsSync(path));
	const found = find();
	if (found !== undefined) return found;
	const why = 'Chromium is missing (or set CHROME_PATH)';
	await aptInstall(['chromium', 'fonts-liberation'], why, log);
	const installed = find();
	if (installed === undefined) throw new Error(`${why}, and apt-get put it in no known place`);
	return installed;
}

/** Starts a headless Chromium that can reach nothing but this machine. */
export async function launchChromium({ log }: { log: Log }): Promise<Browser> {
	const executablePath = await ensureChromium({ log });
	return await chromium.launch({
		executablePath,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
		],
	});
}
