import type { AirErrorRow } from './errors/AirErrorRow';
import { answerErrors } from './errors/answers';
import { inputErrors } from './errors/inputs';
import { jwksTriggerErrors } from './errors/jwksTrigger';
import { keyErrors } from './errors/keys';
import { ledgerErrors } from './errors/ledger';
import { partnerAuthErrors } from './errors/partnerAuth';
import { publicKeyErrors } from './errors/publicKeys';
import { setupErrors } from './errors/setup';
import { transportErrors } from './errors/transport';
import { triggerErrors } from './errors/trigger';

/** Every error this package can raise, by its stable code. */
export const errorCatalogue = {
	...keyErrors,
	...publicKeyErrors,
	...inputErrors,
	...transportErrors,
	...answerErrors,
	...ledgerErrors,
	...triggerErrors,
	...jwksTriggerErrors,
	...setupErrors,
	...partnerAuthErrors,
} as const satisfies Record<string, AirErrorRow>;

export type { AirErrorKind, AirErrorRow } from './errors/AirErrorRow';
export type AirErrorCode = keyof typeof errorCatalogue;
