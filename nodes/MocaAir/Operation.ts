import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

/** One operation of the node: its entry in the panel, its parameters, and its work. */
export interface Operation {
	/** The option of the parameter Operation; the nodes panel shows its `action`. */
	readonly option: INodePropertyOptions & { readonly action: string; readonly value: string };
	/** Its parameters; the resource and operation are added to their `displayOptions`. */
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
