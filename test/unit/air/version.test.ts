import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../../air/version';

test('the version that AIR is told is the version of the package', () => {
	const text = readFileSync(join(__dirname, '../../../package.json'), 'utf8');
	expect(JSON.parse(text)).toMatchObject({ version });
});
