const { src, dest } = require('gulp');

/** What tsc leaves behind: icons, codex files, snippets and examples, at the same place under dist/. */
function copyAssets() {
	return src(
		[
			'icons/**/*.svg',
			'nodes/**/*.{svg,json}',
			'credentials/**/*.svg',
			'jwks/**/*',
			'examples/*.json',
		],
		{ base: '.', encoding: false },
	).pipe(dest('dist'));
}

exports.default = copyAssets;
