import { type Comparison, type ComparisonRow, formatNumber, withUnit } from './report.ts';

/** All lengths are in pixels of a drawing that is shown at its own size, or smaller where there is less room. */
const width = 840;
const margin = 24;
const labelWidth = 188;
/** Room for a number behind the longest bar. */
const numberWidth = 84;
const barsFrom = margin + labelWidth;
const barsWidth = width - margin - numberWidth - barsFrom;
const bar = { height: 10, gap: 3 };
const rowGap = 12;
const panelGap = 34;
const headHeight = 48;
const panelHeadHeight = 44;

/**
 * Comparisons as horizontal bars, a panel each: Hashmark in ink, others in grey, a fine line from the lowest to the highest round. One
 * SVG without scripts and fonts, in light or dark as the reader's system is; the same numbers give the same bytes.
 */
export function drawChart(title: string, comparisons: readonly Comparison[]): string {
  const panels: string[] = [];
  let top = headHeight;
  for (const comparison of comparisons) {
    if (comparison.isTableOnly) continue;
    const { drawing, height } = drawPanel(comparison, top);
    panels.push(drawing);
    top += height + panelGap;
  }
  const height = top - panelGap + margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">${escapeXml(title)}</title>
<style>
  .ground { fill: #ffffff; stroke: #e3e3e7 }
  text { fill: #51545c; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
  .title { fill: #16171a; font-size: 16px; font-weight: 600 }
  .panel { fill: #16171a; font-size: 13px; font-weight: 600 }
  .label { text-anchor: end }
  .number { font-size: 11px; font-variant-numeric: tabular-nums }
  .own { fill: #16171a; font-weight: 600 }
  .axis { stroke: #cbccd2 }
  .range { stroke: #84878f; stroke-width: 1.5 }
  .key { font-size: 14px }
  .c0 { fill: #16171a } .c1 { fill: #9da0a8 } .c2 { fill: #cdced3 } .c3 { fill: #e6e6ea; stroke: #cdced3 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #1a1b1f; stroke: #2b2d33 }
    text { fill: #b2b5be }
    .title, .panel, .own { fill: #eeeef1 }
    .axis { stroke: #3f4249 }
    .range { stroke: #7c808a }
    .c0 { fill: #eeeef1 } .c1 { fill: #747883 } .c2 { fill: #4a4d55 } .c3 { fill: #2f3138; stroke: #4a4d55 }
  }
</style>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="${margin}" y="34">${escapeXml(title)}</text>
${panels.join('\n')}
</svg>
`;
}

function drawPanel(
  { title, unit, contenders, rows }: Comparison,
  top: number,
): { drawing: string; height: number } {
  const highest = Math.max(...rows.map(highestOf));
  const drawn: string[] = [];
  let y = top + panelHeadHeight;
  for (const row of rows) {
    const { drawing, height } = drawRow(row, y, barsWidth / (unit ? highest : highestOf(row)));
    drawn.push(drawing);
    y += height + rowGap;
  }
  const end = y - rowGap;
  const drawing = `<text class="panel" x="${margin}" y="${top + 12}">${escapeXml(unit ? `${title}, ${unit}` : title)}</text>
${drawLegend(contenders, top + 30)}
${drawn.join('\n')}
<line class="axis" x1="${barsFrom - 0.5}" x2="${barsFrom - 0.5}" y1="${top + panelHeadHeight - 4}" y2="${end + 4}"/>`;
  return { drawing, height: end - top };
}

function highestOf({ values }: ComparisonRow): number {
  return Math.max(...values.map((value) => value?.max ?? 0));
}

function drawRow(
  { label, unit, values }: ComparisonRow,
  top: number,
  scale: number,
): { drawing: string; height: number } {
  const shown = values.flatMap((value, contender) => (value ? [{ value, contender }] : []));
  const height = shown.length * (bar.height + bar.gap) - bar.gap;
  const bars = shown.map(({ value: { median, min, max }, contender }, index) => {
    const y = top + index * (bar.height + bar.gap);
    const [barEnd, from, to] = [median, min, max].map((value) => round(barsFrom + value * scale));
    const middle = y + bar.height / 2;
    const range =
      min === max ? '' : `<line class="range" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`;
    const numberAt = Math.max(barEnd ?? 0, to ?? 0) + 6;
    return `<rect class="c${Math.min(contender, 3)}" x="${barsFrom}" y="${y}" width="${round(Math.max(1, median * scale))}" height="${bar.height}"/>${range}<text class="number${contender === 0 ? ' own' : ''}" x="${round(numberAt)}" y="${y + 9}">${escapeXml(withUnit(formatNumber(median), unit))}</text>`;
  });
  const text = `<text class="label" x="${barsFrom - 10}" y="${round(top + height / 2 + 4)}">${escapeXml(label)}</text>`;
  return { drawing: [text, ...bars].join('\n'), height };
}

/** Names of the contenders behind their colours: one line of text, because how wide a name is only its reader's font knows. */
function drawLegend(contenders: readonly string[], y: number): string {
  const names = contenders.map(
    (name, index) =>
      `<tspan class="key c${Math.min(index, 3)}"${index > 0 ? ' dx="16"' : ''}>■</tspan><tspan dx="5">${escapeXml(name)}</tspan>`,
  );
  return `<text x="${margin}" y="${y}">${names.join('')}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
