/** A command's environment: `process`, unless a test passes another. */
export interface Io {
	/** Prints results. @throws OutputClosed if the reader has closed, as after `| head` */
	readonly stdout: (text: string) => Promise<void>;
	/** Prints hints and errors; never fails. */
	readonly stderr: (text: string) => Promise<void>;
	readonly env: NodeJS.ProcessEnv;
	/** Whether a person can be asked. */
	readonly isTTY: boolean;
	/** @returns what the person typed; empty if they gave up */
	readonly ask: (question: string) => Promise<string>;
}

/** The reader of the output has closed it (EPIPE). Not an error: the command just ends. */
export class OutputClosed extends Error {
	override readonly name = 'OutputClosed';
}
