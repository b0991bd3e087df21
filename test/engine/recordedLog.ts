import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';

export interface LogLine {
	readonly level: string;
	readonly message: string;
	/** What n8n writes beside the message. */
	readonly meta?: unknown;
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** Makes n8n's log, from now on, a list. */
export function recordedLog(): LogLine[] {
	const log: LogLine[] = [];
	const write = (level: string) => (message: string, meta?: unknown) => {
		log.push({ level, message, ...(meta === undefined ? {} : { meta }) });
	};
	const logger = Object.fromEntries(LEVELS.map((level) => [level, write(level)]));
	Container.set(Logger, { ...logger, scoped: () => logger } as unknown as Logger);
	return log;
}
