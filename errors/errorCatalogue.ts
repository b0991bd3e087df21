import type { AirErrorRow } from './rows/AirErrorRow';
import { answerErrors } from './rows/answers';
import { directErrors } from './rows/direct';
import { inputErrors } from './rows/inputs';
import { issuerErrors } from './rows/issuer';
import { jwksTriggerErrors } from './rows/jwksTrigger';
import { keyErrors } from './rows/keys';
import { ledgerErrors } from './rows/ledger';
import { partnerJwtErrors } from './rows/partnerJwt';
import { publicKeyErrors } from './rows/publicKeys';
import { revocationErrors } from './rows/revocation';
import { setupErrors } from './rows/setup';
import { transportErrors } from './rows/transport';
import { triggerErrors } from './rows/trigger';

/** Every error this package can raise, by its stable code. */
export const errorCatalogue = {
	...keyErrors,
	...publicKeyErrors,
	...inputErrors,
	...transportErrors,
	...answerErrors,
	...directErrors,
	...revocationErrors,
	...ledgerErrors,
	...triggerErrors,
	...jwksTriggerErrors,
	...setupErrors,
	...issuerErrors,
	...partnerJwtErrors,
} as const satisfies Record<string, AirErrorRow>;

export type { AirErrorKind, AirErrorRow } from './rows/AirErrorRow';
export type AirErrorCode = keyof typeof errorCatalogue;
