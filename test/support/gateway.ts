import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { ServerCertificate } from './postgres';

/** What a gateway does with a connection. */
export type Behaviour =
	/** Hands everything on. */
	| { readonly kind: 'pass' }
	/** The same, over TLS. */
	| { readonly kind: 'tls'; readonly certificate: ServerCertificate }
	/** Nobody listens. */
	| { readonly kind: 'closed' }
	/** Accepts the connection, and never answers. */
	| { readonly kind: 'silent' }
	/** Accepts the connection, and ends it. */
	| { readonly kind: 'hang up' };

/** Sits between a client and a server on loopback, and plays a network that has problems. */
export class Gateway {
	private readonly sockets = new Set<Socket>();
	private behaviour: Behaviour = { kind: 'pass' };
	private readonly server = createServer((socket) => {
		this.track(socket);
		this.take(socket);
	});

	private constructor(private readonly target: number) {}

	/** @param target - the port of the server */
	static async start(target: number): Promise<Gateway> {
		const gateway = new Gateway(target);
		await gateway.listen(0);
		return gateway;
	}

	get port(): number {
		const address = this.server.address();
		if (address === null || typeof address === 'string') throw new Error('nobody listens');
		return address.port;
	}

	/** Changes the behavior from now on; open connections are cut. */
	async behave(behaviour: Behaviour): Promise<void> {
		const { port } = this.known;
		const wasClosed = this.behaviour.kind === 'closed';
		this.behaviour = behaviour;
		for (const socket of this.sockets) socket.destroy();
		if (behaviour.kind === 'closed') await this.stop();
		else if (wasClosed) await this.listen(port);
	}

	async close(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		if (this.server.listening) await this.stop();
	}

	private known = { port: 0 };

	private async listen(port: number): Promise<void> {
		this.server.listen(port, '127.0.0.1');
		await once(this.server, 'listening');
		this.known = { port: this.port };
	}

	private async stop(): Promise<void> {
		await new Promise((resolve) => this.server.close(resolve));
	}

	private track(socket: Socket): void {
		this.sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('close', () => this.sockets.delete(socket));
	}

	private take(socket: Socket): void {
		const { behaviour } = this;
		if (behaviour.kind === 'pass') this.handOn(socket);
		if (behaviour.kind === 'hang up') socket.destroy();
		if (behaviour.kind !== 'tls') return;
		const secureContext = createSecureContext(behaviour.certificate);
		const secure = new TLSSocket(socket, { isServer: true, secureContext });
		secure.on('error', () => undefined);
		this.handOn(secure);
	}

	private handOn(socket: Socket): void {
		const onwards = connect(this.target, '127.0.0.1');
		this.track(onwards);
		socket.pipe(onwards).pipe(socket);
		socket.on('close', () => onwards.destroy());
		onwards.on('close', () => socket.destroy());
	}
}
