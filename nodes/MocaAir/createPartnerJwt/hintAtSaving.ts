import type { IExecuteFunctions } from 'n8n-workflow';

const MESSAGE =
	'n8n saves the data of this execution, and the token in it. To keep it out, let the settings of the workflow save no successful, failed and manual executions.';

/** From the workflow's settings; where they use n8n's defaults, executions are usually saved. */
function isSaved(context: IExecuteFunctions): boolean {
	if (typeof context.getWorkflowSettings !== 'function') return true;
	const settings = context.getWorkflowSettings();
	if (context.getMode() === 'manual') return settings.saveManualExecutions !== false;
	return settings.saveDataSuccessExecution !== 'none' || settings.saveDataErrorExecution !== 'none';
}

/** Tells anyone who looks at the run that the token stays in it (docs/moca-air.md). */
export function hintAtSaving(context: IExecuteFunctions): void {
	if (typeof context.addExecutionHints !== 'function' || !isSaved(context)) return;
	context.addExecutionHints({ type: 'warning', location: 'outputPane', message: MESSAGE });
}
