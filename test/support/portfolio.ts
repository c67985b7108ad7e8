/** Seeded portfolio problems and the published fixtures. */
import type { Context } from "mocha";
import type { Rng } from "../../keeper/kernel/rng.ts";
import type { PortfolioProblem } from "../../keeper/optimize/portfolio/problem.ts";
import { sharedText } from "./shared-data.ts";

export const named = (n: number): string[] => Array.from({ length: n }, (_, i) => `asset ${i + 1}`);

/** Three factors, five of a hundred steps at three times the scale. */
export function factorSample(rng: Rng, assets: number, size: number, scale = 0.01): number[][] {
  const loads = Array.from({ length: assets }, () => [0.2 + rng.uniform(), 0.5 * rng.normal(), 0.3 * rng.normal()]);
  const own = Array.from({ length: assets }, () => 0.3 + 1.5 * rng.uniform());
  return Array.from({ length: size }, () => {
    const wild = rng.uniform() < 0.05 ? 3 : 1;
    const factors = [rng.normal() * wild, rng.normal() * wild, rng.normal() * wild];
    return loads.map((load, i) => {
      const common = load.reduce((total, value, k) => total + value * (factors[k] ?? 0), 0);
      return scale * (0.02 + common + (own[i] ?? 1) * rng.normal());
    });
  });
}

/** Limits that may or may not contradict each other. */
export function randomLimits(rng: Rng, n: number): PortfolioProblem {
  const lower = Array.from({ length: n }, () => (rng.uniform() < 0.2 ? (0.6 * rng.uniform()) / n : 0));
  const upper = lower.map((low) =>
    Math.max(rng.uniform() < 0.03 ? low - 0.01 : low, rng.uniform() * (rng.uniform() < 0.5 ? 1 : 3 / n)),
  );
  const groups = Array.from({ length: rng.int(4) }, (_, g) => ({
    name: `group ${g + 1}`,
    members: Array.from({ length: n }, (_unused, i) => i).filter(() => rng.uniform() < 0.4),
    lower: rng.uniform() < 0.3 ? 0.4 * rng.uniform() : Number.NEGATIVE_INFINITY,
    upper: 0.2 + 0.8 * rng.uniform(),
  })).filter((group) => group.members.length > 0);
  const raw = Array.from({ length: n }, () => rng.uniform());
  const total = raw.reduce((all, value) => all + value, 0);
  const turnover = rng.uniform() < 0.4 ? { from: raw.map((value) => value / total), limit: 0.6 * rng.uniform() } : null;
  return { names: named(n), lower, upper, groups, turnover };
}

export interface Published {
  readonly names: string[];
  readonly returns: number[][];
  /** A column of weights of one of the published files, in the order of the names. */
  readonly column: (file: string, column: string) => number[];
}

/**
 * Riskfolio-Lib's published weights: the last 200 daily returns of its stock prices, ten assets, no index.
 * @param textOf reads a fixture; null when it is not there.
 */
export function riskfolioCases(textOf: (path: string) => string | null): Published | null {
  const read = (file: string): { head: string[]; rows: string[][] } | null => {
    const text = textOf(`riskfolio/${file}`);
    if (text === null) return null;
    const [head = [], ...rows] = text
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    return { head, rows };
  };
  const prices = read("stock_prices.csv");
  if (prices === null) return null;
  const names = prices.head.slice(1).filter((name) => name !== "SPY");
  const levels = prices.rows.map((row) => names.map((name) => Number(row[prices.head.indexOf(name)])));
  const returns = levels.slice(1).map((row, t) => row.map((price, i) => price / (levels[t]?.[i] ?? 1) - 1));
  return {
    names,
    returns: returns.slice(-200),
    column: (file, column) => {
      const { head = [], rows = [] } = read(file) ?? {};
      return names.map((name) => Number(rows.find((row) => row[0] === name)?.[head.indexOf(column)]));
    },
  };
}

/** The same in a test, which is skipped without them. */
export function riskfolio(test: Context): Omit<Published, "column"> & { readonly published: Published["column"] } {
  const cases = riskfolioCases((path) => sharedText(test, `fixtures/${path}`));
  return { names: cases?.names ?? [], returns: cases?.returns ?? [], published: cases?.column ?? (() => []) };
}
