import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '../../support/keys';

const SCRIPT = join(__dirname, '../../../jwks/nginx/publish.sh');

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-publish-'));
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

const www = () => join(folder, 'www');
const jwks = (name: string, kid: string) => {
	const file = join(folder, name);
	writeFileSync(file, JSON.stringify({ keys: [makeKey().jwk(kid)] }));
	return file;
};
const publish = (...files: string[]) =>
	spawnSync('sh', [SCRIPT, ...files, www()], { encoding: 'utf8' });

test('a JWKS is published under its name, whatever the name of the file was', () => {
	expect(publish(jwks('mine.json', 'k1')).status).toBe(0);
	expect(readFileSync(join(www(), 'jwks.json'), 'utf8')).toContain('"k1"');
});

test('of two JWKS none is published: the second would replace the first, and its keys', () => {
	const ran = publish(jwks('old.json', 'old'), jwks('new.json', 'new'));
	expect(ran.status).toBe(1);
	expect(ran.stderr).toContain('Nothing was published');
	expect(ran.stderr).toContain('put the keys of both into one file');
	expect(existsSync(www())).toBe(false);
});
