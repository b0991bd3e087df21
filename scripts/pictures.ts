import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Editor } from '../harness/editor';
import { Camera } from './Camera';
import { directPictures } from './directPictures';
import { examplePictures } from './examplePictures';
import { firstPictures } from './firstPictures';
import { modePictures } from './modePictures';
import { onBehalfPictures } from './onBehalfPictures';
import { root } from './package';
import { startPictureWorld } from './pictureWorld';
import { setupPictures } from './setupPictures';
import { triggerPictures } from './triggerPictures';

const groups = [
	firstPictures,
	directPictures,
	setupPictures,
	onBehalfPictures,
	modePictures,
	triggerPictures,
	examplePictures,
];

/** @param only - the prefixes of the names of the pictures to take; skips groups without such a picture */
async function takePictures(only: string): Promise<void> {
	const wanted = (name: string) => name.startsWith(only);
	const images = join(root, 'docs', 'images');
	mkdirSync(images, { recursive: true });
	const world = await startPictureWorld((line) => {
		console.log(line);
	});
	try {
		for (const { names, take } of groups) {
			if (!names.some(wanted)) continue;
			const { browser, url } = world;
			const editor = await Editor.open({ browser, url, theme: 'system' });
			await take(world, new Camera(editor, images), wanted);
			await editor.close();
			console.log(`taken: ${names.filter(wanted).join(', ')}`);
		}
	} finally {
		await world.close();
	}
}

takePictures(process.argv[2] ?? '').then(
	() => process.exit(0),
	(error: unknown) => {
		console.error(error);
		process.exit(1);
	},
);
