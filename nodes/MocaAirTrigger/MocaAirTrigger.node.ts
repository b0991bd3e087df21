import {
	NodeConnectionTypes,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';
import { keyOf } from '../../issuance/watch/pollEvents';
import { oneAtATime } from './oneAtATime';
import { openMemory } from './openMemory';
import { pollError } from './pollError';
import { properties } from './properties';
import { pollOnce, sample } from './pollOnce';
import { readParameters } from './readParameters';

export class MocaAirTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Moca AIR Trigger',
		name: 'mocaAirTrigger',
		icon: { light: 'file:../../icons/mocaAir.svg', dark: 'file:../../icons/mocaAir.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["events"].join(", ").replace("confirmed", "on-chain").replace("notUsable", "not usable").replace("statusChanged", "any change") }}',
		description: 'Starts the workflow when an issued credential is on-chain, delayed or not usable',
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
			const memory = await openMemory(this, parameters.lifetimeMinutes);
			if (this.getMode() === 'manual') return await sample(memory, parameters);
			return await oneAtATime(keyOf(memory), async () => {
				try {
					return await pollOnce(this, memory, parameters);
				} finally {
					await memory.end();
				}
			});
		} catch (error) {
			throw pollError(this.getNode(), error);
		}
	}
}
