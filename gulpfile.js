const { src, dest } = require('gulp');

/** What tsc leaves behind: icons, codex files and the snippets, at the same place under dist/. */
function copyAssets() {
	return src(['icons/**/*.svg', 'nodes/**/*.{svg,json}', 'credentials/**/*.svg', 'jwks/**/*'], {
		base: '.',
		encoding: false,
	}).pipe(dest('dist'));
}

exports.default = copyAssets;
