import { startAir, type Algorithm } from './air';
import { loadEngine } from './engine';
import { stageSubject } from './subject';
import { automatic, builtIn, credentialsFor, expressions, freshLedger, people } from './variants';
async function main() {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const n8n = '/root/.cache/n8n-nodes-moca-air/n8n-2.40.7-cd0115683ad7';
	const [alg, lat, kind, n, reps] = process.argv.slice(2);
	const s = stageSubject('/tmp/wt/bulk', n8n);
	const engine = await loadEngine({ n8n, subject: s.folder });
	/* INSTR */
	const C = (engine.own('ledger/sqlite/Connection') as any).Connection.prototype;
	const G = (engine.own('ledger/sqlite/GroupCommit') as any).GroupCommit.prototype;
	const stat: any = { w: [], size: [], tx: [], flush: [] };
	const ow = C.write;
	C.write = async function (this: any, work: any) {
		const b = performance.now();
		if (!this.hooked) { this.hooked = true; const f = this.flush; this.flushWith(async () => { const t = performance.now(); await f(); stat.flush.push(performance.now() - t); });
			const e = this.database.exec.bind(this.database); let t0 = 0; this.database.exec = (q: string) => { if (q.startsWith('BEGIN I')) t0 = performance.now(); const r = e(q); if (q === 'COMMIT') stat.tx.push(performance.now() - t0); return r; }; }
		const r = await ow.call(this, work); stat.w.push(performance.now() - b); return r; };
	const ob = G.writeBatch;
	G.writeBatch = async function (this: any) { const n = this.queue.length; await ob.call(this); stat.size.push(n - 0); };
	const air = await startAir(alg as Algorithm);
	const end = freshLedger(engine);
	for (let i = 0; i < Number(reps); i++) {
		for (const k of (kind ?? '').split(',')) {
			for (const k2 of Object.keys(stat)) stat[k2] = [];
			await air.begin(Number(lat));
			const c0 = process.cpuUsage();
			const { seconds } = await engine.run(people(Number(n)), k === 'http' ? builtIn(air) : k.startsWith('expr') ? expressions() : automatic(), credentialsFor(air, k.endsWith('off') ? 'off' : 'embedded'));
			const c = process.cpuUsage(c0);
			const md = (v: number[]) => v.length === 0 ? '-' : `n${v.length} med ${v.toSorted((a, b) => a - b)[v.length >> 1]!.toFixed(2)} sum ${v.reduce((a, b) => a + b, 0).toFixed(0)} max ${Math.max(...v).toFixed(0)}`;
			if (!k.endsWith('off')) console.log('write', md(stat.w), '| size', md(stat.size), '| tx', md(stat.tx), '| flush', md(stat.flush));
			console.log(k, (Number(n) / seconds).toFixed(0), '/s', 'cpu', ((c.user + c.system) / 1e6 / seconds).toFixed(2), JSON.stringify(await air.counts().then(({ connections, maxInFlight }) => ({ connections, maxInFlight }))));
		}
	}
	await end(); await air.close(); s.remove(); process.exit();
}
void main();
