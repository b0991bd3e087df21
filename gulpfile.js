const { src, dest } = require('gulp');

/** What tsc leaves behind: icons and codex files, at the same place under dist/. */
function copyAssets() {
	return src(['icons/**/*.svg', 'nodes/**/*.{svg,json}', 'credentials/**/*.svg'], {
		base: '.',
		encoding: false,
	}).pipe(dest('dist'));
}

exports.default = copyAssets;
