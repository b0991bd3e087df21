/** The progress log of the harness: the demo prints it, tests may discard it. */
export type Log = (line: string) => void;
