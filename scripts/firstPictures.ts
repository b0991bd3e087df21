import { KYC_EVENT } from './demoAir';
import { DIRECT_WORKFLOW } from './demoDirect';
import type { PictureGroup, PictureWorld } from './pictureWorld';

const EVENT = { ...KYC_EVENT, eventId: 'kyc-review-7', email: 'ada@example.com' };
const CLAIMS = ['kycLevel', 'isOver18'] as const;
const SHOWN = ['eventId', 'email', 'level', 'isOver18'] as const;

/** The demo's workflow, with an event that the editor can run it on. */
const WORKFLOW = { ...DIRECT_WORKFLOW, pinData: { 'KYC Passed': [{ json: { body: EVENT } }] } };

/** The person's wallet, with the credential that the emulated wallet opened. */
async function heldBy({ air }: PictureWorld) {
	const [held] = await air.emulator.control.wallet(EVENT.email);
	if (held?.valid !== true) throw new Error('the wallet does not show the credential');
	const { claims = {}, expiresAt } = held;
	const until = new Date(expiresAt).toLocaleDateString('en-GB', { dateStyle: 'long' });
	return {
		type: String(claims.vct),
		until,
		claims: CLAIMS.map((name) => [name, claims[name]]),
	};
}

const STYLE = `
	body { margin: 0; width: max-content; font: 19px/1.5 'Inter', 'Liberation Sans', sans-serif; --page: #fff; --ink: #1f2328;
		--soft: #59636e; --line: #d1d9e0; --box: #f6f8fa; background: var(--page); color: var(--ink); }
	@media (prefers-color-scheme: dark) { body { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1;
		--line: #3d444d; --box: #151b23; } }
	main { display: grid; grid-template-columns: 370px 30px 480px 30px 350px; gap: 12px; padding: 8px;
		width: max-content; align-items: center; }
	h2 { font-size: 21px; margin: 0 0 10px; }
	section { align-self: stretch; display: flex; flex-direction: column; }
	.box { flex: 1; border: 1px solid var(--line); border-radius: 12px; background: var(--box);
		padding: 20px; display: flex; flex-direction: column; justify-content: center; min-height: 190px; }
	.box.canvas { padding: 8px; }
	pre { margin: 0; font: 16px/1.7 'Liberation Mono', monospace; }
	img { width: 100%; display: block; }
	.arrow { color: var(--soft); font-size: 30px; text-align: center; }
	.box.wallet { justify-content: flex-start; border: 0; color: #fff;
		background: linear-gradient(135deg, #1a1147, #4a2fbd); }
	.type { font-size: 15px; opacity: .8; margin-bottom: 14px; }
	dl { margin: 0; display: grid; grid-template-columns: auto auto; justify-content: space-between; row-gap: 6px; }
	dd { margin: 0; text-align: right; font-weight: bold; }
	p { margin: 10px 8px 8px; text-align: right; font-size: 14px; color: var(--soft); }
	.foot { font-size: 15px; opacity: .85; margin-top: auto; padding-top: 16px; }
`;

type Held = Awaited<ReturnType<typeof heldBy>>;

const page = (canvas: string, { type, until, claims }: Held) => `<!doctype html>
	<style>${STYLE}</style>
	<main>
		<section><h2>A KYC check passes</h2><div class="box"><pre>{
${SHOWN.map((name) => `  "${name}": ${JSON.stringify(EVENT[name])}`).join(',\n')}
}</pre></div></section>
		<div class="arrow">→</div>
		<section><h2>n8n signs and sends</h2><div class="box canvas"><img src="${canvas}"></div></section>
		<div class="arrow">→</div>
		<section><h2>The person has it</h2><div class="box wallet">
			<div class="type">${type}</div>
			<dl>${claims.map(([name, value]) => `<dt>${String(name)}</dt><dd>${String(value)}</dd>`).join('')}</dl>
			<div class="foot">Valid until ${until}.<br>Shows each claim only if they choose to.</div>
		</div></section>
	</main>
	<p>The claims as the wallet of the emulated AIR opens them</p>`;

/** Shows the event, n8n's work, and the credential that the person then has. */
export const firstPictures: PictureGroup = {
	names: ['first-credential'],
	take: async (world, camera) => {
		const { editor } = camera;
		const { id } = await world.api.workflows.import(WORKFLOW, { mocaAirApi: world.credential });
		await editor.page.setViewportSize({ width: 900, height: 600 });
		await editor.openWorkflow(id);
		await editor.executeWorkflow('KYC Passed');
		const held = await heldBy(world);
		const paper = await world.browser.newPage({ viewport: { width: 1400, height: 600 } });
		await camera.each('first-credential', async (path, colorScheme) => {
			const canvas = await camera.canvasNow();
			await paper.emulateMedia({ colorScheme });
			await paper.setContent(page(`data:image/png;base64,${canvas.toString('base64')}`, held));
			await paper.locator('body').screenshot({ path });
		});
		await paper.close();
	},
};
