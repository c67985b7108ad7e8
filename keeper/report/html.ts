/** The report as one HTML file: no script, no outside resource, prints on paper. */

import type { AllocationRisk, RiskPanel } from "../kernel/artifacts.ts";
import { drawdownChart, fanChart, frontierChart, navChart } from "./charts.ts";
import { allocationMatrix, cycleTable } from "./cycles.ts";
import type { ForecastFigure, RunEvent, RunResult } from "./result.ts";
import { escapeHtml, pct, weth } from "./text.ts";
import { venueSection } from "./venues.ts";

/** Trouble stands out, the rest does not. */
const eventTag = (kind: RunEvent["kind"]): string =>
  kind === "frozen" || kind === "feeds" ? "refused" : kind === "claimed" || kind === "returned" ? "executed" : "held";

/** Share of NAV as a percentage; what rounds to nothing shows as nothing. */
const share = (value: number, digits = 3): string => `${(value * 100).toFixed(digits).replace(/^-(0\.?0*)$/, "$1")} %`;

function measureRow(name: string, what: string, panel: RiskPanel, pick: (risk: AllocationRisk) => number): string {
  const after = panel.proposed === null ? "–" : share(pick(panel.proposed));
  return `<tr><td><b>${escapeHtml(name)}</b><br><small>${escapeHtml(what)}</small></td><td class="n">${share(pick(panel.current))}</td><td class="n">${after}</td></tr>`;
}

/** Measures and contributions on the left, stresses on the right. */
function riskSection({ date, panel }: { readonly date: string; readonly panel: RiskPanel }): string {
  const { beta, horizonDays, current, proposed } = panel;
  const level = `${Math.round(beta * 100)} %`;
  const shown = proposed ?? current;
  const rows = [
    measureRow(
      "VaR",
      `loss over ${horizonDays} days exceeded in ${Math.round((1 - beta) * 100)} % of scenarios`,
      panel,
      (r) => r.var,
    ),
    measureRow("CVaR", "mean of those worst scenarios", panel, (r) => r.cvar),
    measureRow("EVaR", "the tightest bound on both that moments give", panel, (r) => r.evar),
    measureRow("Maximum drawdown", "of these weights over the daily history", panel, (r) => r.maxDrawdown),
    measureRow("CDaR", `mean of the deepest ${Math.round((1 - beta) * 100)} % of drawdowns`, panel, (r) => r.cdar),
    measureRow(
      "Liquidity-adjusted loss",
      "one bad day, the cost of selling, the wait for the rest",
      panel,
      (r) => r.liquidityAdjustedLoss,
    ),
    measureRow("Payable today", "idle and what venues pay at once", panel, (r) => r.liquid),
    ...(current.unmeasured > 0 || (proposed?.unmeasured ?? 0) > 0
      ? [measureRow("Not measured", "positions without scenarios", panel, (r) => r.unmeasured)]
      : []),
  ];
  const parts = shown.contributions.filter(({ weight }) => weight >= 0.0005);
  return `<h2>Risk on ${date}</h2><p class="soft">At ${level} over ${horizonDays} days, shares of NAV; positive is a loss, negative a gain. ${proposed === null ? "Nothing was proposed." : "Stresses and contributions are those of the proposed allocation."}</p>
<div class="two"><div class="panel"><table><tr><th>Measure</th><th class="n">held</th><th class="n">proposed</th></tr>${rows.join("")}</table>
<table><tr><th>Where the tail comes from</th><th class="n">weight</th><th class="n">of CVaR</th><th class="n">of EVaR</th></tr>${parts
    .map(
      ({ name, weight, cvar, evar }) =>
        `<tr><td>${escapeHtml(name)}</td><td class="n">${share(weight, 1)}</td><td class="n">${share(cvar)}</td><td class="n">${share(evar)}</td></tr>`,
    )
    .join("")}</table></div>
<div class="panel"><table><tr><th>Stress</th><th class="n">loses</th><th class="n">cannot leave</th></tr>${shown.stresses
    .map(
      ({ name, assumes, loss, locked }) =>
        `<tr><td><b>${escapeHtml(name)}</b><br><small>${escapeHtml(assumes)}</small></td><td class="n">${share(loss)}</td><td class="n">${share(locked, 1)}</td></tr>`,
    )
    .join("")}</table>
</div></div>`;
}

const STYLE = `
:root{--ink:#1b2430;--soft:#5b6675;--line:#dfe4ea;--blue:#0072B2;--red:#B23A00;--green:#00704f}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);margin:0;background:#f6f7f9}
main{max-width:1180px;margin:0 auto;padding:28px 24px 60px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:34px 0 8px}
p{margin:6px 0;max-width:80ch}.soft{color:var(--soft)}.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:12px;margin:18px 0}
.card{background:#fff;border:1px solid var(--line);border-radius:10px;padding:12px 14px}.card b{display:block;font-size:24px;font-variant-numeric:tabular-nums}.card span{color:var(--soft);font-size:13px}
.verdict{background:#fff;border-left:4px solid var(--blue);padding:12px 16px;border-radius:0 8px 8px 0}
.panel{background:#fff;border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto}.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:14px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(500px,1fr));gap:14px}
figure{margin:0}svg{max-width:100%;height:auto}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;padding:7px 8px;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;font-size:12px}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.mono{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:12px}
.line{white-space:nowrap;font-size:11px}.tag{border-radius:5px;padding:1px 7px;font-size:12px;font-weight:600}.tag.executed{background:#e2f3ec;color:var(--green)}.tag.refused{background:#fbe7dd;color:var(--red)}.tag.held{background:#eceff3;color:var(--soft)}
tr.why td{border-bottom:2px solid var(--line);color:var(--soft);padding-top:0;font-size:12.5px}tr:not(.why) td{border-bottom:none}
td.date{white-space:nowrap}.matrix td{padding:3px 8px}.legs{width:auto;margin:6px 0}.legs td,.legs th{padding:2px 14px 2px 0}.trouble{color:var(--red);margin:0 0 4px;max-width:none}details p{max-width:none}summary{cursor:pointer;color:var(--blue)}.panel table+table{margin-top:14px}small{color:var(--soft)}h3{font-size:14px;margin:0 0 4px}@media print{details::details-content{content-visibility:visible}body{background:#fff}.panel,.card{break-inside:avoid}}`;

/** Members shown beside the combination and naive; all of them stand in run.json. */
const MEMBERS_SHOWN = 3;
function foremost(errors: ForecastFigure["errors"]): ForecastFigure["errors"] {
  const isAlways = ({ model }: { readonly model: string }): boolean => model === "combination" || model === "naive";
  const best = errors.filter((error) => !isAlways(error)).sort((a, b) => a.maePct - b.maePct);
  return [...errors.filter(isAlways), ...best.slice(0, MEMBERS_SHOWN)];
}

export function renderReport(result: RunResult): string {
  const { summary } = result;
  const last = [...result.cycles].reverse().find((cycle) => cycle.forecasts.length > 0);
  const solved = [...result.cycles].reverse().find((cycle) => cycle.frontier.length > 0);
  const recorded = result.market.recorded;
  const seen = [...result.cycles].reverse().find((cycle) => cycle.venues.length > 0);
  // The last proposal rather than the last run: two columns say more than one.
  const judged = [...result.cycles].reverse();
  const withPanel = judged.find(({ panel }) => panel?.proposed) ?? judged.find(({ panel }) => panel !== null);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Amplified Liquidity Engine: run report</title><style>${STYLE}</style></head><body><main>
<h1>Run report</h1>
<p class="soft">Engine live from ${summary.from} to ${summary.to} (${result.series.length - 1} days), after ${result.days - result.series.length + 1} days of market history · market: ${escapeHtml(result.market.describes)}${result.market.kind === "recorded" ? ` · seed ${result.seed}` : ""}</p>
<p class="verdict">${escapeHtml(summary.verdict)}</p>
<div class="cards">
<div class="card"><b>${pct(summary.netApyPct)}</b><span>vault, a year, net of gas and fees</span></div>
<div class="card"><b>${pct(summary.equalWeightApyPct)}</b><span>equal weight, no cost</span></div>
<div class="card"><b>${pct(summary.holdApyPct)}</b><span>holding stETH</span></div>
<div class="card"><b>${pct(summary.maxDrawdownPct)}</b><span>maximum drawdown of the vault</span></div>
<div class="card"><b>${summary.executed} / ${summary.refused} / ${summary.held}</b><span>executed / refused / held</span></div>
<div class="card"><b>${weth(summary.gasWeth)}</b><span>WETH of gas, all cycles</span></div>
<div class="card"><b>${weth(summary.feesWeth)}</b><span>WETH of fees, ${result.fees.managementBps / 100} % a year and ${result.fees.performanceBps / 100} % of the gain</span></div>
<div class="card"><b>${weth(summary.queuePaidWeth)}</b><span>WETH left through the redeem queue</span></div>
</div>
${recorded === null ? "" : `<h2>Against the recorded file</h2><div class="panel"><table><tr><th>Series</th><th class="n">the file, % a year</th><th class="n">on this chain, % a year</th></tr>${recorded.map((row) => `<tr><td>${escapeHtml(row.name)}</td><td class="n">${pct(row.apyPct, 3)}</td><td class="n">${pct(row.onChainApyPct, 3)}</td></tr>`).join("")}</table></div>`}
<h2>Value of one unit</h2><p class="soft">Dashed lines: executed proposals. Orange line: the refused one.</p><div class="panel">${navChart(result.series, result.cycles)}</div>
<h2>Drawdown</h2><div class="panel">${drawdownChart(result.series)}</div>
<h2>Allocation</h2><p class="soft">Shares of NAV that each cycle left, idle last. ▲ and ▼ mark what the cycle moved by half a percent or more.</p><div class="panel">${allocationMatrix(result.cycles)}</div>
<h2>Cycles</h2><p class="soft">Expected and realized: net APY of the vault. CVaR: mean loss of the worst 5 % of scenarios over ${result.horizonDays} days, share of NAV; negative is a gain.</p><div class="panel">${cycleTable(result.cycles)}</div>
${result.events.length === 0 ? "" : `<h2>Besides the cycles</h2><div class="panel"><table><tr><th>Date</th><th>What happened</th></tr>${result.events.map(({ date, kind, text }) => `<tr><td class="date">${date}</td><td><span class="tag ${eventTag(kind)}">${kind.replace("-", " ")}</span> ${escapeHtml(text)}</td></tr>`).join("")}</table></div>`}
${withPanel?.panel ? riskSection({ date: withPanel.date, panel: withPanel.panel }) : ""}
${
  last
    ? `<h2>Forecasts of ${last.date}</h2><p class="soft">Yield by protocol rate; bands at ${last.forecasts[0]?.intervals.map((i) => `${Math.round(i.level * 100)} %`).join(" and ")}.</p>
<div class="grid">${last.forecasts
        .map(
          (f) =>
            `<div class="panel"><h3>${escapeHtml(f.name)}: ${pct(f.apyPct)} <small>by ${escapeHtml(f.model)}</small></h3>${fanChart(f)}<small>Rolling error, percentage points a year: ${foremost(
              f.errors,
            )
              .map((e) => `${escapeHtml(e.model)} ${e.maePct.toFixed(2)}`)
              .join(" · ")}</small></div>`,
        )
        .join("")}</div>`
    : ""
}
${seen ? venueSection(seen.date, seen.venues) : ""}
${solved ? `<h2>Frontier of ${solved.date}</h2><div class="panel">${frontierChart(solved, result.horizonDays)}</div>` : ""}
${result.market.mapping.length === 0 ? "" : `<h2>Which column feeds what</h2><div class="panel"><table><tr><th>Column</th><th>Feeds</th></tr>${result.market.mapping.map((row) => `<tr><td class="mono">${escapeHtml(row.column)}</td><td>${escapeHtml(row.feeds)}</td></tr>`).join("")}</table></div>`}
<h2>Contracts and Safe</h2><div class="panel"><table>${Object.entries(result.contracts)
    .map(([name, address]) => `<tr><td>${escapeHtml(name)}</td><td class="mono">${address}</td></tr>`)
    .join("")}
<tr><td>Safe, ${result.safe.threshold} of ${result.safe.owners.length}</td><td class="mono">${result.safe.address}</td></tr></table></div>
</main></body></html>
`;
}
