import { isKid } from '../air/keys/PublicJwk';
import { UsageError } from './errors';
import { echo } from './text';

/** The value of `--kid`. @throws UsageError */
export function readKid(kid: string): string {
	if (isKid(kid)) return kid;
	throw new UsageError(`--kid: ${echo(kid)} is not a key ID`);
}
