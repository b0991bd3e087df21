import { isIssuerKid } from '../air/direct/webIssuer';
import { isKid } from '../air/keys/PublicJwk';
import { UsageError } from './errors';
import { echo } from './text';

/** The value of `--kid`, without blanks around it, as the credential reads it. @throws UsageError */
export function readKid(typed: string): string {
	const kid = typed.trim();
	if (isKid(kid)) return kid;
	throw new UsageError(`--kid: ${echo(kid)} is not a key ID`);
}

/** The value of `--kid` for a new key, which has to do for direct issuance, too. @throws UsageError */
export function readNewKid(typed: string): string {
	const kid = readKid(typed);
	if (isIssuerKid(kid)) return kid;
	throw new UsageError(
		`--kid: ${echo(kid)} would be refused for direct issuance: use letters, digits and . _ ~ : - only, and not air-partner-info`,
	);
}
