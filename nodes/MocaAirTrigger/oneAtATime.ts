import type { CursorKey } from '../../ledger/Ledger';

interface Known {
	readonly name: string;
	readonly activation: WeakRef<object>;
	/** Activations that a later one has replaced. */
	readonly followed: WeakSet<object>;
}

const running = new Set<string>();
const known = new Map<string, Known>();

const idOf = ({ realm, instance, workflowId, nodeId }: CursorKey) =>
	JSON.stringify([realm, instance, workflowId, nodeId]);

/**
 * Runs a poll unless one of the same trigger is still running in this process: n8n does not wait for a
 * poll before it begins the next.
 *
 * @returns null if there was one
 */
export async function oneAtATime<T>(key: CursorKey, poll: () => Promise<T>): Promise<T | null> {
	const id = idOf(key);
	if (running.has(id)) return null;
	running.add(id);
	try {
		return await poll();
	} finally {
		running.delete(id);
	}
}

/**
 * Whether two nodes with one ID are polled in turn. After a node is renamed, it has a new activation,
 * and the old one never polls again; if an old one does, under another name, it is another node.
 *
 * @param activation - the object that represents it
 */
export function sharesItsId(key: CursorKey, name: string, activation: object): boolean {
	const id = idOf(key);
	const before = known.get(id);
	const last = before?.activation.deref();
	const followed = before?.followed ?? new WeakSet();
	if (last === activation) return false;
	const shares = followed.has(activation) && before?.name !== name;
	if (last !== undefined) followed.add(last);
	known.set(id, { name, activation: new WeakRef(activation), followed });
	return shares;
}
