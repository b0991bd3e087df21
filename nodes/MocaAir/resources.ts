import type { INodeProperties } from 'n8n-workflow';
import { checkSetup } from './checkSetup/checkSetup';
import { createPartnerJwt } from './createPartnerJwt/createPartnerJwt';
import { checkDirectIssuance } from './issueDirectly/checkDirectIssuance';
import { issueDirectly } from './issueDirectly/issueDirectly';
import { erasePerson } from './erasePerson/erasePerson';
import { getManyRows } from './getManyRows/getManyRows';
import { getPublicDocuments } from './getPublicDocuments/getPublicDocuments';
import { getRow } from './getRow/getRow';
import { getSummary } from './getSummary/getSummary';
import type { Operation, Resource } from './Operation';
import { revoke } from './revoke/revoke';
import { settleRow } from './settleRow/settleRow';
import { unpublishKey } from './unpublishKey/unpublishKey';

const resources: readonly Resource[] = [
	{
		name: 'Credential',
		value: 'credential',
		preselected: 'issueDirectly',
		operations: [checkDirectIssuance, issueDirectly, revoke],
	},
	{
		name: 'Ledger',
		value: 'ledger',
		preselected: 'getMany',
		operations: [erasePerson, getRow, getManyRows, settleRow, getSummary],
	},
	{
		name: 'Setup',
		value: 'setup',
		preselected: 'checkSetup',
		operations: [checkSetup, getPublicDocuments, createPartnerJwt, unpublishKey],
	},
];

/** A property that is shown only for its resource and operations. */
function shownWith(
	property: INodeProperties,
	resource: Resource,
	operations: readonly Operation[],
): INodeProperties {
	const own = {
		resource: [resource.value],
		operation: operations.map(({ option }) => option.value),
	};
	const show = { ...own, ...property.displayOptions?.show };
	return { ...property, displayOptions: { ...property.displayOptions, show } };
}

function operationProperty({ value, operations, preselected }: Resource): INodeProperties {
	return {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: [value] } },
		options: operations.map(({ option }) => option),
		default: preselected,
	};
}

/** Resource, operations, and their parameters. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: resources.map(({ name, value }) => ({ name, value })),
		default: 'setup',
	},
	...resources.map(operationProperty),
	...resources.flatMap((resource) =>
		[...new Set(resource.operations.map((operation) => operation.properties))].flatMap((own) => {
			const operations = resource.operations.filter((operation) => operation.properties === own);
			return own.map((property) => shownWith(property, resource, operations));
		}),
	),
];

/** @returns undefined if the node has no such operation, e.g. for n8n's own Custom API Call */
export function operationOf(resource: unknown, operation: unknown): Operation | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ option }) => option.value === operation);
}
