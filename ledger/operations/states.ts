/** Conditions on states, word for word as the partial indexes have them. */

/** What retention abandons. */
export const OPEN = "state IN ('submitted', 'unknown')";

/** What retention deletes. */
export const FINISHED =
	"state IN ('rejected', 'confirmed', 'unusable', 'superseded', 'abandoned')";
