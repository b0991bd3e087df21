/** What a command has of the world around it: `process`, unless a test says otherwise. */
export interface Io {
	/** Results. @throws OutputClosed when nobody reads on, as behind `| head` */
	readonly stdout: (text: string) => Promise<void>;
	/** Hints and errors; never fails. */
	readonly stderr: (text: string) => Promise<void>;
	readonly env: NodeJS.ProcessEnv;
	/** Whether there is somebody to ask. */
	readonly isTTY: boolean;
	/** @returns what the person typed; empty when they gave up */
	readonly ask: (question: string) => Promise<string>;
}

/** The reader of the output has seen enough (EPIPE). No error: the command just ends. */
export class OutputClosed extends Error {
	override readonly name = 'OutputClosed';
}
