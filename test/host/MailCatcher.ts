import { simpleParser, type ParsedMail } from 'mailparser';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { poll } from '../../harness/poll';

/** A mail as received. */
export interface CaughtMail {
	readonly to: string;
	readonly subject: string;
	readonly text: string;
	/** Empty for a mail of plain text. */
	readonly html: string;
}

const caught = ({ to, subject, text, html }: ParsedMail): CaughtMail => ({
	to: [to ?? []]
		.flat()
		.map((one) => one.text)
		.join(', '),
	subject: subject ?? '',
	text: text ?? '',
	html: typeof html === 'string' ? html : '',
});

/** A mail server on loopback that accepts every mail and forwards none. */
export class MailCatcher {
	private constructor(
		private readonly server: SMTPServer,
		private readonly mails: readonly CaughtMail[],
		/** Fields of n8n's credential `smtp` for this server. */
		readonly credential: Readonly<Record<string, string | number | boolean>>,
	) {}

	static async start(): Promise<MailCatcher> {
		const mails: CaughtMail[] = [];
		const server = new SMTPServer({
			authOptional: true,
			disabledCommands: ['AUTH', 'STARTTLS'],
			logger: false,
			onData: (stream, _session, done) => {
				simpleParser(stream).then(
					(mail) => {
						mails.push(caught(mail));
						done();
					},
					(error: unknown) => {
						done(error instanceof Error ? error : new Error(String(error)));
					},
				);
			},
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.server.address() as AddressInfo;
		const at = { host: '127.0.0.1', port, secure: false, disableStartTls: true };
		return new MailCatcher(server, mails, { user: '', password: '', hostName: '', ...at });
	}

	/** All mails so far that have this in their text or HTML. */
	having(text: string): CaughtMail[] {
		return this.mails.filter((mail) => mail.text.includes(text) || mail.html.includes(text));
	}

	/** Waits for the first mail that has this in its text or HTML. */
	async wait(text: string): Promise<CaughtMail> {
		return await poll(`a mail with ${text}`, 60_000, async () =>
			Promise.resolve(this.having(text)[0]),
		);
	}

	async close(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.server.close(resolve);
		});
	}
}
