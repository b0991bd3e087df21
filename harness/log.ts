/** Where the harness says what it is doing: the demo prints it, tests may drop it. */
export type Log = (line: string) => void;
