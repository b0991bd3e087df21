/** Conditions on states, written exactly as in the partial indexes. */

/** What retention abandons. */
export const OPEN = "state IN ('submitted', 'unknown')";

/**
 * What retention deletes some time after it reached its state: all other states, including unrecognized
 * ones.
 */
export const FINISHED = "state NOT IN ('sending', 'submitted', 'unknown', 'stored')";

/** Finished when it expires, since somebody may want to revoke it until then. */
export const STORED = "state = 'stored'";

/** An attempt of row `i` may have issued; see `mayHaveIssued`. @param i - how the rows' table is called */
export const mayHaveIssuedIn = (i: string) =>
	`EXISTS (SELECT 1 FROM attempts m WHERE m.issuance_id = ${i}.id AND m.outcome IN ('unknown', 'open'))`;
