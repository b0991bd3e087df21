import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../../air/version';

test('the version sent to AIR is the version of the package', () => {
	const text = readFileSync(join(__dirname, '../../../package.json'), 'utf8');
	expect(JSON.parse(text)).toMatchObject({ version });
});
