/** What the optimization targets share: fixtures where they are at hand, medians, and the comparison with peers that are right. */
import { existsSync, readFileSync } from "node:fs";
import type { PeerAnswer } from "./peers.ts";

/** Tail probability of the CVaR and EVaR problems. */
export const ALPHA = 0.05;

const fixtures = new URL("../../../shared/fixtures/", import.meta.url);

export function fixture(path: string): string | null {
  const url = new URL(path, fixtures);
  return existsSync(url) ? readFileSync(url, "utf8") : null;
}

export const matrixOf = (text: string): number[][] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));

/** Median milliseconds of at least five runs after a warm-up, or of as many as fit half a second. */
export function median(action: () => void): number {
  for (let k = 0; k < 3; k++) action();
  const times: number[] = [];
  const from = performance.now();
  while (times.length < 5 || (performance.now() - from < 500 && times.length < 2000)) {
    const start = performance.now();
    action();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] ?? Number.NaN;
}

/** Ratio of the fastest peer whose answer is right to ours; no ratio without peers. */
export function ratioTo(
  value: number,
  peers: readonly { readonly milliseconds: number; readonly isRight: boolean }[],
): number | null {
  const right = peers.filter(({ isRight }) => isRight).map(({ milliseconds }) => milliseconds);
  return right.length === 0 ? null : Math.min(...right) / value;
}

/** A peer that is not this close to the certified optimum, relatively, has not solved the problem. */
export const CORRECT = 1e-5;
export const figureOf = (answer: PeerAnswer | undefined, optimum: number): number | string => {
  if (answer === undefined) return "not installed: skipped";
  const excess = answer.value / optimum - 1;
  return Math.abs(excess) <= CORRECT
    ? answer.milliseconds
    : `${answer.milliseconds.toFixed(1)} ms, says ${answer.success ? "success" : "failure"}, ${(100 * excess).toFixed(3)} % above the optimum`;
};
export const isRight = (answer: PeerAnswer, optimum: number): boolean =>
  Math.abs(answer.value / optimum - 1) <= CORRECT;

export const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
