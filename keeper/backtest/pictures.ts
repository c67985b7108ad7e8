/** Pictures of a backtest, drawn without a browser. */
import * as Plot from "@observablehq/plot";
import { COLOURS, draw, GREY } from "../report/charts.ts";
import type { BacktestResult } from "./run.ts";

const day = (iso: string): Date => new Date(`${iso}T00:00:00Z`);

interface Line {
  readonly date: Date;
  readonly value: number;
  readonly name: string;
}

/** At most so many lines can be told apart. */
const MOST_LINES = 8;

function colours(names: readonly string[]): { legend: true; domain: string[]; range: string[] } {
  return { legend: true, domain: [...names], range: names.map((_, i) => COLOURS[i] ?? GREY) };
}

/** The engine in broad lines below, the rules it is compared with thin and dashed above: lines that coincide stay visible. */
function lines(rows: readonly Line[], width: number): Plot.Markish[] {
  const isEngine = ({ name }: Line): boolean => name.startsWith("ai");
  const common = { x: "date", y: "value", stroke: "name" } as const;
  const rules = rows.filter((row) => !isEngine(row));
  return [
    Plot.ruleY([0]),
    Plot.lineY(rows.filter(isEngine), { ...common, strokeWidth: 2 * width }),
    Plot.lineY(rules, { ...common, strokeWidth: width, strokeDasharray: "5,3" }),
  ];
}

/** Growth of one unit, net, and below it the fall from the running peak. */
export function equityChart(result: BacktestResult, width = 1080): string {
  const shown = result.strategies.slice(0, MOST_LINES);
  const rows: Line[] = shown.flatMap(({ strategy, returns }) => {
    let level = 1;
    return result.dates.map((date, t) => {
      level *= 1 + (returns[t] ?? 0);
      return { date: day(date), value: 100 * (level - 1), name: strategy };
    });
  });
  return draw({
    width,
    height: 340,
    x: { label: null },
    y: { label: "net gain, %", grid: true },
    color: colours(shown.map(({ strategy }) => strategy)),
    marks: lines(rows, 1.6),
  });
}

export function drawdownsChart(result: BacktestResult, width = 1080): string {
  const shown = result.strategies.slice(0, MOST_LINES);
  const rows: Line[] = shown.flatMap(({ strategy, returns }) => {
    let level = 1;
    let peak = 1;
    return result.dates.map((date, t) => {
      level *= 1 + (returns[t] ?? 0);
      peak = Math.max(peak, level);
      return { date: day(date), value: 1e4 * (level / peak - 1), name: strategy };
    });
  });
  return draw({
    width,
    height: 240,
    x: { label: null },
    y: { label: "drawdown, bp", grid: true },
    color: { ...colours(shown.map(({ strategy }) => strategy)), legend: false },
    marks: lines(rows, 1.2),
  });
}

/** Both as one file, for a document: legend, equity above, drawdown below. */
export function equityPicture(result: BacktestResult, title: string): string {
  const width = 960;
  const inner = (markup: string): string => {
    // A chart with a legend is a figure of several pictures; the last one is the plot.
    const pictures = [...markup.matchAll(/<svg[\s\S]*?<\/svg>/g)].map((match) => match[0]);
    return pictures[pictures.length - 1] ?? "";
  };
  const place = (svg: string, y: number): string => svg.replace("<svg", `<svg x="0" y="${y}"`);
  const names = result.strategies.slice(0, MOST_LINES).map(({ strategy }) => strategy);
  const escapeXml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const legend = names
    .map((name, i) => {
      const x = 60 + (i % 4) * 220;
      const y = 48 + Math.floor(i / 4) * 18;
      return `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${COLOURS[i] ?? GREY}"/><text x="${x + 15}" y="${y}">${escapeXml(name)}</text>`;
    })
    .join("");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="690" viewBox="0 0 ${width} 690" font-family="system-ui, DejaVu Sans, sans-serif" font-size="12">` +
    `<rect width="${width}" height="690" fill="white"/><text x="16" y="22" font-size="15" font-weight="600">${escapeXml(title)}</text>${legend}` +
    `${place(inner(equityChart(result, width)), 80)}${place(inner(drawdownsChart(result, width)), 435)}</svg>\n`
  );
}
