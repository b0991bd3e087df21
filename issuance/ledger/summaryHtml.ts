import { ROW_STATES, type RowState } from '../../ledger/Ledger';
import { STATE_WORDS } from './stateWords';
import type { Counts, Summary } from './summary';

const MARKS: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** Escapes text for HTML, within tags and quotes: a program ID may be any text. */
export const escaped = (text: string) => text.replace(/[&<>"']/g, (mark) => MARKS[mark] ?? '');

const COLORS: Readonly<Record<RowState, string>> = {
	confirmed: '#1a7f37',
	stored: '#2da44e',
	submitted: '#4493f8',
	sending: '#a5c8ff',
	unknown: '#d1242f',
	rejected: '#bc4c00',
	unusable: '#6e7781',
	superseded: '#afb8c1',
	revoked: '#57606a',
	abandoned: '#8250df',
};

// Styles stand with their elements, because mail programs drop everything else.
const FONT = 'font-family:Arial,Helvetica,sans-serif;font-size:14px;color:#1f2328';
const CELL = 'padding:6px 10px;border-bottom:1px solid #d8dee4;text-align:left;vertical-align:top';
const NUMBER = `${CELL};text-align:right;white-space:nowrap`;
const BAR = `${CELL};width:240px;min-width:120px`;

const counted = (count: number) => count.toLocaleString('en');

const cell = (text: string, style = CELL) => `<td style="${style}">${escaped(text)}</td>`;

function table(headings: readonly string[], rows: readonly string[]): string {
	const head = headings.map((text) => `<th style="${CELL}">${escaped(text)}</th>`).join('');
	return `<table cellspacing="0" cellpadding="0" style="border-collapse:collapse;${FONT}"><tr>${head}</tr>${rows.join('')}</table>`;
}

/** A CSS bar: its length is relative to the largest count, its colors show the states. */
function bar(states: Counts, most: number): string {
	const pieces = ROW_STATES.flatMap((state) => {
		const count = states[state] ?? 0;
		if (count === 0) return [];
		const width = Math.max((count / most) * 100, 1).toFixed(1);
		return [
			`<div title="${escaped(`${state}: ${counted(count)}`)}" style="display:inline-block;height:12px;width:${width}%;background:${COLORS[state]}"></div>`,
		];
	});
	return `<td style="${BAR}"><div style="font-size:0;white-space:nowrap;overflow:hidden">${pieces.join('')}</div></td>`;
}

const inWords = (states: Counts) =>
	ROW_STATES.flatMap((state) => {
		const count = states[state] ?? 0;
		return count === 0 ? [] : [`${counted(count)} ${state}`];
	}).join(', ');

const most = (groups: readonly { readonly total: number }[]) =>
	Math.max(1, ...groups.map(({ total }) => total));

const line = (text: string, style = '') =>
	`<p style="margin:0 0 12px;${style}">${escaped(text)}</p>`;

const heading = (text: string) =>
	`<h3 style="margin:20px 0 6px;font-size:15px">${escaped(text)}</h3>`;

/**
 * A summary as the body of a mail: tables and CSS bars. It has no scripts or pictures, loads nothing,
 * and escapes every value.
 *
 * @example
 * ```ts
 * const html = summaryHtml(await summarize(session, { days: 7, now: Date.now() }));
 * ```
 */
export function summaryHtml(summary: Summary): string {
	const { from, before, total, unknown, states, programs, days } = summary;
	const last = new Date(Date.parse(before) - 1).toISOString().slice(0, 10);
	const present = ROW_STATES.filter((state) => (states[state] ?? 0) > 0);
	const ofStates = Math.max(1, ...present.map((state) => states[state] ?? 0));
	const parts = [
		`<h2 style="margin:0 0 8px;font-size:18px">${escaped(counted(total))} ${total === 1 ? 'issuance' : 'issuances'} with Moca AIR</h2>`,
		line(`Begun from ${from.slice(0, 10)} to ${last} (UTC), with the states of now.`),
		unknown === 0
			? ''
			: line(
					`${counted(unknown)} ${unknown === 1 ? 'has' : 'have'} an unknown outcome: look in the AIR dashboard, then settle ${unknown === 1 ? 'it' : 'them'}.`,
					'padding:8px 12px;background:#ffebe9;border-left:4px solid #d1242f',
				),
	];
	if (total > 0) {
		parts.push(
			heading('By state'),
			table(
				['State', 'Issuances', '', 'Meaning'],
				present.map((state) => {
					const count = states[state] ?? 0;
					return `<tr>${cell(state)}${cell(counted(count), NUMBER)}${bar({ [state]: count }, ofStates)}${cell(STATE_WORDS[state])}</tr>`;
				}),
			),
			heading('By issuance program or type'),
			table(
				['Program or type', 'Issuances', '', 'States'],
				programs.map(
					(program) =>
						`<tr>${cell(program.program)}${cell(counted(program.total), NUMBER)}${bar(program.states, most(programs))}${cell(inWords(program.states))}</tr>`,
				),
			),
			heading('By day'),
			table(
				['Day', 'Issuances', '', 'States'],
				days.map(
					(day) =>
						`<tr>${cell(day.day)}${cell(counted(day.total), NUMBER)}${bar(day.states, most(days))}${cell(inWords(day.states))}</tr>`,
				),
			),
		);
	}
	return `<div style="${FONT}">${parts.join('')}</div>`;
}
