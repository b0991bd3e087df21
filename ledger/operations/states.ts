/** Conditions on states, word for word as the partial indexes have them. */

/** What retention abandons. */
export const OPEN = "state IN ('submitted', 'unknown')";

/** What retention deletes: all else, a state that nobody knows included. */
export const FINISHED = "state NOT IN ('sending', 'submitted', 'unknown')";
