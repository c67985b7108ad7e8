/** A range decision as one HTML page: the range against price and anchor, and what every width was expected to do. */
import * as Plot from "@observablehq/plot";
import type { RangeDecision, RangeEvaluation } from "../kernel/ranges.ts";
import { fromWad, SECONDS_PER_DAY } from "../kernel/units.ts";
import { draw } from "./charts.ts";

export interface RangePage {
  readonly title: string;
  /** Unix seconds. */
  readonly times: readonly number[];
  readonly prices: readonly number[];
  readonly rates: readonly number[] | null;
  readonly decision: RangeDecision;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c);
const percent = (share: number, digits = 3): string => `${(share * 100).toFixed(digits)} %`;
const date = (seconds: number): Date => new Date(seconds * 1000);

/** Price, anchor, and the ranges from now to the horizon. */
export function rangeChart({ times, prices, rates, decision }: RangePage): string {
  const now = times[times.length - 1] ?? 0;
  const until = now + (decision.horizonDays ?? 0) * SECONDS_PER_DAY;
  const box = (range: RangeEvaluation, name: string) => ({
    from: date(now),
    to: date(until),
    low: range.lowerPrice,
    high: range.upperPrice,
    name,
  });
  const boxes = [
    ...(decision.current ? [box(decision.current, "present range")] : []),
    ...(decision.kind === "reposition"
      ? [box(decision.chosen, "new range")]
      : decision.best
        ? [box(decision.best, "best range, not taken")]
        : []),
  ];
  const lines = [
    ...prices.map((value, i) => ({ date: date(times[i] ?? 0), value, name: "market price" })),
    ...(rates ?? []).map((value, i) => ({ date: date(times[i] ?? 0), value, name: "protocol rate" })),
  ];
  const shown = [...lines.map(({ value }) => value), ...boxes.flatMap(({ low, high }) => [low, high])];
  return draw({
    width: 1120,
    height: 380,
    marginLeft: 64,
    x: { label: null },
    y: { label: "asset per unit", grid: true, domain: [Math.min(...shown), Math.max(...shown)], nice: true },
    color: { legend: true, domain: ["market price", "protocol rate"], range: ["#0072B2", "#009E73"] },
    marks: [
      Plot.rect(boxes, { x1: "from", x2: "to", y1: "low", y2: "high", fill: "#E69F00", fillOpacity: 0.18 }),
      Plot.ruleY(
        boxes.flatMap(({ low, high }) => [low, high]),
        { stroke: "#E69F00", strokeDasharray: "3,3" },
      ),
      Plot.text(boxes, { x: "to", y: "high", text: "name", textAnchor: "end", dy: -6, fill: "#8a5a00" }),
      Plot.lineY(lines, { x: "date", y: "value", stroke: "name", strokeWidth: 1.4 }),
      Plot.ruleX([date(now)], { stroke: "#9aa4b2" }),
    ],
  });
}

/** Expected growth and tail of every width that was tried. */
export function widthChart(candidates: readonly RangeEvaluation[], chosen: RangeEvaluation | null): string {
  const rows = candidates.flatMap((range) => {
    const width = (range.upperPrice / range.lowerPrice - 1) * 100;
    return [
      { width, value: range.expectedGrowth * 100, name: "expected growth" },
      { width, value: range.fees * 100, name: "fees" },
      { width, value: range.cvar * 100, name: "CVaR" },
    ];
  });
  const names = ["expected growth", "fees", "CVaR"];
  return draw({
    width: 1120,
    x: { label: "width of the range, %", type: "log", grid: true },
    y: { label: "% of the position over the horizon", grid: true },
    color: { legend: true, domain: names, range: ["#0072B2", "#009E73", "#D55E00"] },
    marks: [
      Plot.ruleY([0]),
      Plot.lineY(rows, { x: "width", y: "value", stroke: "name", marker: "dot" }),
      ...(chosen === null
        ? []
        : [Plot.ruleX([(chosen.upperPrice / chosen.lowerPrice - 1) * 100], { stroke: "#E69F00" })]),
    ],
  });
}

const evaluationRow = (range: RangeEvaluation, mark: string): string =>
  `<tr><td>${range.tickLower} to ${range.tickUpper}${mark}</td><td>${range.lowerPrice.toFixed(6)} to ${range.upperPrice.toFixed(6)}</td>${[
    percent(range.expectedGrowth),
    percent(range.fees),
    percent(range.divergence),
    percent(range.cvar),
    percent(range.inRange, 1),
  ]
    .map((text) => `<td>${text}</td>`)
    .join("")}</tr>`;

export function renderRangePage(page: RangePage): string {
  const { title, decision } = page;
  const { model, candidates } = decision;
  const chosen = decision.kind === "reposition" ? decision.chosen : decision.best;
  const facts: readonly (readonly [string, string])[] = model
    ? [
        [`anchor (${model.anchorSource})`, model.anchor.toFixed(6)],
        ["pool from anchor", percent(model.deviation)],
        ["volatility a day", percent(model.volatilityDaily)],
        ["drift a day", percent(model.driftDaily, 4)],
        ["survival of a deviation, a step", model.persistence.toFixed(3)],
        ["observations, bad prints", `${model.observations}, ${model.badPrints}`],
        ["correlation of the two tokens", model.correlation === null ? "not given" : model.correlation.toFixed(3)],
      ]
    : [];
  const verdict =
    decision.kind === "reposition"
      ? `Move to ticks ${decision.tickLower} to ${decision.tickUpper}: expected gain ${fromWad(decision.expectedGain).toFixed(6)}, cost ${fromWad(decision.cost).toFixed(6)}.`
      : "Hold.";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>
body{font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:#1b2430;max-width:1180px;margin:24px auto;padding:0 20px}
table{border-collapse:collapse;font-size:13px}td,th{padding:4px 10px;border-bottom:1px solid #dfe4ea;text-align:left;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}figure{margin:0}</style></head><body>
<h1>${escapeHtml(title)}</h1><p><b>${verdict}</b></p><ul>${decision.reasons.map((reason) => `<li>${escapeHtml(reason)}</li>`).join("")}</ul>
${rangeChart(page)}
<table>${facts.map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`).join("")}</table>
${
  candidates
    ? `<h2>Widths tried</h2>${widthChart(candidates, chosen)}<table><tr><th>ticks</th><th>prices</th><th>growth</th><th>fees</th><th>divergence</th><th>CVaR</th><th>in range</th></tr>${
        decision.current ? evaluationRow(decision.current, " (present)") : ""
      }${candidates.map((range) => evaluationRow(range, range.tickLower === chosen?.tickLower && range.tickUpper === chosen?.tickUpper ? " (best)" : "")).join("")}</table>`
    : ""
}
</body></html>
`;
}
