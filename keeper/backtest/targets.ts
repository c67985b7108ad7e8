/** What the profiles are held to, judged from a result. A miss stays a miss: nothing here has a tolerance beyond rounding. */
import type { BacktestResult, StrategyResult } from "./run.ts";

export interface Judged {
  readonly profile: string;
  readonly demand: string;
  readonly value: string;
  readonly bound: string;
  readonly isMet: boolean;
}

const pct = (value: number): string => `${(100 * value).toFixed(3)} %`;
const ROUNDING = 1e-12;
const TURNOVER = 2;

const bestHold = (result: BacktestResult): StrategyResult | null =>
  result.strategies
    .filter(({ strategy }) => strategy.startsWith("hold:"))
    .reduce<StrategyResult | null>((best, s) => (best === null || s.return > best.return ? s : best), null);

/** Judges what is there to judge: a demand whose comparison was not run is left out. */
export function judge(result: BacktestResult): Judged[] {
  const find = (name: string): StrategyResult | undefined => result.strategies.find((s) => s.strategy === name);
  const out: Judged[] = [];
  const say = (profile: string, demand: string, value: string, bound: string, isMet: boolean): void => {
    out.push({ profile, demand, value, bound, isMet });
  };
  const equal = find("equal-weight");
  const cautious = find("ai:cautious");
  if (cautious !== undefined && equal !== undefined) {
    say(
      "cautious",
      "return above equal weight's",
      pct(cautious.return),
      pct(equal.return),
      cautious.return > equal.return,
    );
    const fall = cautious.maximumDrawdown <= equal.maximumDrawdown + ROUNDING;
    say("cautious", "drawdown not larger", pct(cautious.maximumDrawdown), pct(equal.maximumDrawdown), fall);
    const [own, theirs] = [cautious.excess.sharpe, equal.excess.sharpe];
    // Equal weight has no excess over itself: then there is nothing to compare.
    if (own !== null && theirs !== null && result.benchmark.name !== "equal-weight")
      say("cautious", "Sharpe of the excess higher", own.toFixed(2), theirs.toFixed(2), own > theirs);
  }
  const growth = find("ai:growth");
  const carry = find("carry");
  if (growth !== undefined && carry !== undefined) {
    const enough = growth.return >= carry.return - ROUNDING;
    say("growth", "return not below the carry rule's", pct(growth.return), pct(carry.return), enough);
  }
  const held = bestHold(result);
  if (growth !== undefined && held !== null) {
    const fall = growth.maximumDrawdown <= held.maximumDrawdown + ROUNDING;
    say(
      "growth",
      `drawdown not larger than ${held.strategy}`,
      pct(growth.maximumDrawdown),
      pct(held.maximumDrawdown),
      fall,
    );
  }
  for (const [name, found] of [["cautious", cautious] as const, ["growth", growth] as const]) {
    if (found === undefined) continue;
    const { turnoverPerYear } = found;
    say(
      name,
      "turnover a year at most 2",
      turnoverPerYear.toFixed(2),
      TURNOVER.toFixed(2),
      turnoverPerYear <= TURNOVER,
    );
  }
  return out;
}
