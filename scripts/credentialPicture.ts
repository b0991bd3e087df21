import type { Editor } from '../harness/editor';

/** What n8n answers when the test passes; the sandbox itself cannot be reached from here. */
const GREEN = { data: { status: 'OK', message: 'Connection tested successfully' } };

/** The dialog scrolls its form: lets it be as high as the form is. */
const WHOLE = `(() => {
	const last = [...document.querySelectorAll('[data-test-id="credential-connection-parameter"]')].at(-1);
	for (let at = last; at !== null && at !== document.body; at = at.parentElement) {
		Object.assign(at.style, { maxHeight: 'none', height: 'auto', overflow: 'visible' });
		if (at.getAttribute('role') === 'dialog') break;
	}
})()`;

/** Takes the picture of a credential of the sandbox: the whole form, tested. */
export async function takeCredentialPicture(
	editor: Editor,
	credentialId: string,
	take: (name: string) => Promise<void>,
): Promise<void> {
	await editor.page.setViewportSize({ width: 1440, height: 1500 });
	await editor.page.route('**/rest/credentials/test', async (route) => {
		await route.fulfill({ json: GREEN });
	});
	const dialog = await editor.openCredential(credentialId);
	await dialog.getByText('Connection tested successfully').first().waitFor();
	await editor.page.evaluate(WHOLE);
	await take('credential');
}
