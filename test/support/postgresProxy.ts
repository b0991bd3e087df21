import { connect, createServer, type Socket } from 'node:net';

/** A proxy to a server that can lose an answer on request. */
export interface LossyProxy {
	readonly port: number;
	/** Passes these words on when a connection sends them next, and cuts that connection at the answer. */
	loseAnswerTo(words: string): void;
	/** How many answers were lost. */
	readonly lost: number;
	close(): Promise<void>;
}

/** Starts a proxy on a free loopback port. */
export async function startLossyProxy(target: number): Promise<LossyProxy> {
	let words: string | undefined;
	let lost = 0;
	const sockets = new Set<Socket>();
	const server = createServer((client) => {
		const upstream = connect(target, '127.0.0.1');
		let losing = false;
		const cut = () => {
			client.destroy();
			upstream.destroy();
		};
		for (const socket of [client, upstream]) {
			sockets.add(socket);
			socket.on('error', cut).on('close', cut);
		}
		client.on('data', (data) => {
			if (words !== undefined && data.includes(words)) {
				words = undefined;
				losing = true;
			}
			upstream.write(data);
		});
		upstream.on('data', (data) => {
			if (!losing) {
				client.write(data);
				return;
			}
			lost += 1;
			cut();
		});
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no free port');
	return {
		port: address.port,
		loseAnswerTo: (next) => {
			words = next;
		},
		get lost() {
			return lost;
		},
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
