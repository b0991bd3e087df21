import {
	NodeConnectionTypes,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { cursorKey } from '../../issuance/watch/pollEvents';
import { hasPolled, isUnderWay } from './Activation';
import { leftToNextPoll } from './atStart';
import { oneAtATime } from './oneAtATime';
import { openSession } from './openSession';
import { pollError } from './pollError';
import { properties } from './properties';
import { pollOnce, sample } from './pollOnce';
import { readParameters } from './readParameters';

export class MocaAirTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR Trigger',
		name: 'mocaAirTrigger',
		icon: {
			light: 'file:../../icons/mocaAirTrigger.svg',
			dark: 'file:../../icons/mocaAirTrigger.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["events"].join(", ").replace("confirmed", "on-chain").replace("statusChanged", "any change").replace(/[A-Z]/g, (letter) => " " + letter.toLowerCase()) }}',
		// n8n shows this for the whole entry Moca AIR.
		description:
			'Issue or revoke a credential, check the setup, or start when one is on-chain, delayed or unusable',
		defaults: { name: 'Moca AIR Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'mocaAirApi', required: true }],
		properties,
	};

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		try {
			const parameters = readParameters(this);
			const session = await openSession(this, parameters.lifetimeMinutes);
			if (this.getMode() === 'manual') return await sample(session, parameters);
			return await oneAtATime(cursorKey(session), async () => {
				try {
					return await pollOnce(this, session, parameters);
				} finally {
					await session.end();
				}
			});
		} catch (error) {
			const node = this.getNode();
			if (isUnderWay(this) || !leftToNextPoll(this, error)) throw pollError(node, error);
			const what = error instanceof AirError ? error.code : 'n8n itself';
			this.logger.warn(
				`${node.name}: nothing could be polled at the start (${what}); the next poll tries again`,
			);
			return null;
		} finally {
			hasPolled(this);
		}
	}
}
