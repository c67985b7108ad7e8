/** The report's pictures: Observable Plot on a DOM without a browser, so that the page needs no script. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { CycleResult, DayPoint, ForecastFigure } from "./result.ts";

/** Colour-blind safe (Okabe-Ito), in the order of strategy ids; idle is grey. */
export const COLOURS = ["#0072B2", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7A6FF0"];
export const GREY = "#9aa4b2";
const WIDTH = 540;
const HEIGHT = 300;

const day = (iso: string): Date => new Date(`${iso}T00:00:00Z`);
const percent = (share: number): number => share * 100;

export function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML("<html><body></body></html>");
  const figure = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 56,
    marginRight: 16,
    // Room for the second line of a date axis, the month or the year.
    marginBottom: 38,
    style: { fontSize: "12px", background: "transparent", fontFamily: "inherit" },
    ...options,
  });
  return figure.outerHTML;
}

/** Value of one unit: the vault net of gas, equal weight, and holding stETH. */
export function navChart(series: readonly DayPoint[], marks: readonly CycleResult[]): string {
  const rows = series.flatMap((point) => [
    { date: day(point.date), gain: percent(point.vault - 1), name: "vault, net of gas and fees" },
    { date: day(point.date), gain: percent(point.equalWeight - 1), name: "equal weight, no cost" },
    { date: day(point.date), gain: percent(point.hold - 1), name: "holding stETH" },
  ]);
  const executed = marks.filter((cycle) => cycle.status === "executed").map((cycle) => ({ date: day(cycle.date) }));
  const refused = marks.filter((cycle) => cycle.status === "refused").map((cycle) => ({ date: day(cycle.date) }));
  return draw({
    width: 1120,
    height: 340,
    x: { label: null },
    y: { label: "gain since the start, %", grid: true },
    color: {
      legend: true,
      domain: ["vault, net of gas and fees", "equal weight, no cost", "holding stETH"],
      range: ["#0072B2", "#E69F00", "#009E73"],
    },
    marks: [
      Plot.ruleX(executed, { x: "date", stroke: GREY, strokeDasharray: "2,3" }),
      Plot.ruleX(refused, { x: "date", stroke: "#D55E00", strokeWidth: 1.5 }),
      Plot.ruleY([0]),
      Plot.lineY(rows, { x: "date", y: "gain", stroke: "name", strokeWidth: 2 }),
    ],
  });
}

/** Fall from the running peak, in per cent. */
export function drawdownChart(series: readonly DayPoint[]): string {
  const fall = (name: string, pick: (point: DayPoint) => number) => {
    let peak = Number.NEGATIVE_INFINITY;
    return series.map((point) => {
      peak = Math.max(peak, pick(point));
      return { date: day(point.date), drawdown: percent(pick(point) / peak - 1), name };
    });
  };
  const rows = [...fall("vault, net of gas and fees", (p) => p.vault), ...fall("holding stETH", (p) => p.hold)];
  return draw({
    width: 1120,
    height: 220,
    x: { label: null },
    y: { label: "drawdown, %", grid: true },
    color: { legend: true, domain: ["vault, net of gas and fees", "holding stETH"], range: ["#0072B2", "#009E73"] },
    marks: [
      Plot.areaY(
        rows.filter((row) => row.name.startsWith("vault")),
        { x: "date", y: "drawdown", fill: "#0072B2", fillOpacity: 0.15 },
      ),
      Plot.lineY(rows, { x: "date", y: "drawdown", stroke: "name", strokeWidth: 1.5 }),
      Plot.ruleY([0]),
    ],
  });
}

/** A strategy's past yield and its forecast with intervals. */
export function fanChart(forecast: ForecastFigure): string {
  const bands = forecast.path.flatMap((point) =>
    point.intervals.map((interval) => ({ date: day(point.date), ...interval })),
  );
  const levels = [...new Set(bands.map((band) => band.level))].sort((a, b) => b - a);
  const past = forecast.history.map((point) => ({ date: day(point.date), apy: point.apyPct }));
  const ahead = forecast.path.map((point) => ({ date: day(point.date), apy: point.apyPct }));
  return draw({
    height: 220,
    width: 520,
    marginLeft: 44,
    x: { label: null, ticks: 4 },
    y: { label: "yield, % a year", grid: true },
    marks: [
      ...levels.map((level) =>
        Plot.areaY(
          bands.filter((band) => band.level === level),
          { x: "date", y1: "lower", y2: "upper", fill: "#0072B2", fillOpacity: 0.16 },
        ),
      ),
      Plot.lineY(past, { x: "date", y: "apy", stroke: "#444", strokeWidth: 1 }),
      Plot.lineY(ahead, { x: "date", y: "apy", stroke: "#0072B2", strokeWidth: 2 }),
    ],
  });
}

/** The frontier the optimizer saw and the point it chose. */
export function frontierChart(cycle: CycleResult, horizonDays: number): string {
  const annual = (value: number) => percent(value) * (365 / horizonDays);
  const points = cycle.frontier.map((point) => ({ risk: percent(point.risk), gain: annual(point.expectedReturn) }));
  const chosen = cycle.chosen ? [{ risk: percent(cycle.chosen.risk), gain: annual(cycle.chosen.expectedReturn) }] : [];
  return draw({
    width: 1120,
    x: { label: `risk over ${horizonDays} days, % of NAV`, grid: true, nice: true },
    y: { label: "expected return, % a year", grid: true, nice: true },
    marks: [
      Plot.lineY(points, { x: "risk", y: "gain", stroke: "#0072B2", marker: "dot" }),
      Plot.dot(chosen, { x: "risk", y: "gain", r: 7, fill: "#D55E00", stroke: "white" }),
      Plot.text(chosen, { x: "risk", y: "gain", text: () => "chosen", dy: -14, fill: "#D55E00", fontWeight: "bold" }),
    ],
  });
}
