import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

/** One operation of the node: what the panel offers, what it asks for, and what it does. */
export interface Operation {
	/** As the parameter Operation lists it; its `action` is what the nodes panel shows. */
	readonly option: INodePropertyOptions & { readonly action: string; readonly value: string };
	/** Its own parameters; where they show is added to their `displayOptions`. */
	readonly properties: readonly INodeProperties[];
	/** @throws the node's error, unless On Error lets the run go on */
	readonly run: (context: IExecuteFunctions) => Promise<INodeExecutionData[][]>;
}

/** A resource and its operations, in the order in which people read them. */
export interface Resource {
	readonly name: string;
	readonly value: string;
	/** The operation that a new node has. */
	readonly preselected: string;
	readonly operations: readonly Operation[];
}
