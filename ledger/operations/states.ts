/** Conditions on states, word for word as the partial indexes have them. */

/** What retention abandons. */
export const OPEN = "state IN ('submitted', 'unknown')";

/** What retention deletes some time after it came to this state: all else, a state that nobody knows included. */
export const FINISHED = "state NOT IN ('sending', 'submitted', 'unknown', 'stored')";

/** Finished when it expires, as somebody may want to revoke it until then. */
export const STORED = "state = 'stored'";

/** An attempt of row `i` may have issued; see `mayHaveIssued`. @param i - how the rows' table is called */
export const mayHaveIssuedIn = (i: string) =>
	`EXISTS (SELECT 1 FROM attempts m WHERE m.issuance_id = ${i}.id AND m.outcome IN ('unknown', 'open'))`;
