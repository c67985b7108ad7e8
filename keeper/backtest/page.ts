/** The HTML report of a backtest: one file, no script. */
import { drawdownsChart, equityChart } from "./pictures.ts";
import { degradedLines, figureRows, losingLines, monthRows, sourceRows, termsLine, trialsLine } from "./report.ts";
import type { BacktestResult, StrategyResult } from "./run.ts";
import { judge } from "./targets.ts";

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLE = `:root{--ink:#1b2430;--soft:#5b6675;--line:#dfe4ea;--red:#B23A00}*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);margin:0;background:#f6f7f9}main{max-width:1180px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:25px;margin:0}h2{font-size:18px;margin:30px 0 8px}p{margin:6px 0;max-width:95ch}.soft{color:var(--soft)}
.panel{background:#fff;border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto}figure{margin:0}svg{max-width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:right;padding:6px 8px;border-bottom:1px solid var(--line);white-space:nowrap;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-size:12px}td.loss{color:var(--red)}td.why{white-space:normal;text-align:left;color:var(--soft)}th.why{text-align:left}
table.wide{font-size:12px}table.wide th,table.wide td{padding:5px 4px;font-size:11.5px}table.wide th{white-space:normal;overflow-wrap:anywhere;vertical-align:bottom}td.missed{color:var(--red);font-weight:600}`;

function table(rows: readonly (readonly string[])[], marksLosses = false): string {
  const [head = [], ...body] = rows;
  const cell = (text: string, c: number): string =>
    `<td${marksLosses && c > 0 && text.startsWith("-") ? ' class="loss"' : ""}>${escapeXml(text)}</td>`;
  // A dozen columns fit the page only when they stand closer.
  const isWide = head.length > 11;
  return `<div class="panel"><table${isWide ? ' class="wide"' : ""}><tr>${head.map((text) => `<th>${escapeXml(text)}</th>`).join("")}</tr>${body
    .map((row) => `<tr>${row.map(cell).join("")}</tr>`)
    .join("")}</table></div>`;
}

/** Decisions that moved, and the reasons of the others, counted. */
function decisions(result: StrategyResult, names: readonly string[]): string {
  const moves = result.decisions.filter(({ moved }) => moved);
  const held = new Map<string, number>();
  for (const { moved, reasons } of result.decisions) {
    if (moved) continue;
    const reason = (reasons[0] ?? "no reason was given").replaceAll(/-?\d[\d.]*/g, "#");
    held.set(reason, (held.get(reason) ?? 0) + 1);
  }
  const weights = (list: readonly number[]): string =>
    list.flatMap((w, i) => (w > 5e-4 ? [`${names[i] ?? ""} ${(100 * w).toFixed(1)} %`] : [])).join(", ");
  const rows = moves.map(
    (move) =>
      `<tr><td>${move.executed}</td><td class="why">${escapeXml(weights(move.weights))}</td><td>${(1e4 * move.cost).toFixed(2)}</td><td class="why">${escapeXml(move.reasons.join("; "))}</td></tr>`,
  );
  const reasons = [...held]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6)
    .map(([reason, count]) => `<li>${count} times: ${escapeXml(reason)}</li>`);
  return `<h2>Decisions of ${escapeXml(result.strategy)}</h2><p class="soft">${escapeXml(result.describes)}</p><div class="panel"><table><tr><th>Executed</th><th class="why">Weights after</th><th>Cost, bp</th><th class="why">Why</th></tr>${rows.join("")}</table></div>${reasons.length > 0 ? `<p>Held:</p><ul>${reasons.join("")}</ul>` : ""}`;
}

/** What the profiles are held to, with the misses marked; empty when nothing was run that they are judged against. */
function demands(result: BacktestResult): string {
  const judged = judge(result);
  if (judged.length === 0) return "";
  const rows = judged.map(
    (row) =>
      `<tr><td>${row.profile}</td><td class="why">${escapeXml(row.demand)}</td><td>${row.value}</td><td>${row.bound}</td>${row.isMet ? "<td>met</td>" : '<td class="missed">missed</td>'}</tr>`,
  );
  return `<h2>What the profiles are held to</h2><div class="panel"><table><tr><th>Profile</th><th class="why">Demand</th><th>Value</th><th>Bound</th><th></th></tr>${rows.join("")}</table></div>`;
}

export function pageOf(result: BacktestResult): string {
  const names = result.venues.map(({ name }) => name);
  const engines = result.strategies.filter(({ strategy }) => strategy.startsWith("ai"));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Amplified Liquidity Engine: backtest</title><style>${STYLE}</style></head><body><main>
<h1>Backtest</h1><p class="soft">${escapeXml(termsLine(result))}. Excess over ${escapeXml(result.benchmark.name)} (${escapeXml(result.benchmark.source)}).</p>
${table(figureRows(result))}<p class="soft">${escapeXml(trialsLine(result))}.</p>
${demands(result)}
<h2>Growth of one unit, net</h2><div class="panel">${equityChart(result)}</div>
<h2>Drawdown</h2><div class="panel">${drawdownsChart(result)}</div>
<h2>Months</h2><p class="soft">Net return, %.</p>${table(monthRows(result), true)}<ul>${[
    ...losingLines(result),
    ...degradedLines(result),
  ]
    .map((line) => `<li>${escapeXml(line)}</li>`)
    .join("")}</ul>
${engines.map((engine) => decisions(engine, names)).join("\n")}
<h2>What the data are</h2>${table(sourceRows(result))}<ul>${result.notes.map((note) => `<li>${escapeXml(note)}</li>`).join("")}</ul>
<p class="soft">Inputs ${result.inputs}</p></main></body></html>
`;
}
