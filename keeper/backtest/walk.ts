/**
 * Walk-forward of one strategy: what it knew, what it decided, when that took effect, what it paid, what it earned.
 * Statistics are floats; the NAV they scale is only used for sizes (impact, capacity, gas).
 */
import { createRng } from "../kernel/rng.ts";
import { sum } from "../math/statistics.ts";
import { type CostModel, costRate, impactAt } from "./costs.ts";
import type { Holding } from "./market.ts";
import type { Panel } from "./panel.ts";
import { type Rule, viewOf } from "./rules/rule.ts";

export interface WalkTerms {
  /** Days that the first decision knows. */
  readonly warmup: number;
  /** Days between what a decision knows and its execution. */
  readonly lag: number;
  readonly every: number;
  /** False: the first purchase is free, as when deposits arrive already placed. */
  readonly chargeEntry: boolean;
  /** NAV at the start, asset units. */
  readonly nav: number;
  readonly minimumIdle: number;
  readonly costs: CostModel;
  readonly seed: number;
}

export interface DecisionRecord {
  /** Last day known. */
  readonly asOf: string;
  /** Day at whose start the move takes effect. */
  readonly executed: string;
  readonly moved: boolean;
  /** Weights after the decision, rounded to 1e-6, and what is idle or waiting. */
  readonly weights: readonly number[];
  readonly idle: number;
  readonly pending: number;
  /** Fraction of NAV paid. */
  readonly cost: number;
  readonly reasons: readonly string[];
}

export interface Walked {
  readonly rule: string;
  readonly describes: string;
  readonly dates: readonly string[];
  /** Net simple return of each scored day. */
  readonly returns: readonly number[];
  readonly decisions: readonly DecisionRecord[];
  /** Half the sum of absolute changes of weight, idle included; the first purchase apart. */
  readonly turnover: number;
  readonly entryTurnover: number;
  /** Fractions of NAV, added up. */
  readonly costs: number;
  readonly trades: number;
  /** Venue-days held without a recorded figure, counted as no return. */
  readonly blindDays: number;
}

/** Moves smaller than this share of NAV are rounding. */
const STILL = 1e-9;

interface Book {
  weights: number[];
  idle: number;
  queue: { venue: number; share: number; arrives: number }[];
}

const pendingOf = (book: Book, venues: number): number[] => {
  const total = new Array<number>(venues).fill(0);
  for (const { venue, share } of book.queue) total[venue] = (total[venue] ?? 0) + share;
  return total;
};

const holdingOf = (book: Book, isEntryFree: boolean): Holding => ({
  weights: [...book.weights],
  idle: book.idle,
  pending: pendingOf(book, book.weights.length),
  isEntryFree,
});

interface Executed {
  readonly cost: number;
  readonly traded: number;
  readonly notes: readonly string[];
}

/** Brings the book toward the target with what is there: sales first, purchases from cash, queues for what cannot be sold. */
function execute(
  book: Book,
  target: readonly number[],
  boundary: number,
  nav: number,
  panel: Panel,
  terms: WalkTerms,
): Executed {
  const notes: string[] = [];
  const idleBefore = book.idle;
  const queuedBefore = sum(book.queue.map(({ share }) => share));
  const moves = target.map((wanted, i) => wanted - (book.weights[i] ?? 0));
  const done = moves.map((move, i) => {
    if (move > -STILL) return 0;
    const exitDays = panel.venues[i]?.exitDays ?? 0;
    if (exitDays > 0) book.queue.push({ venue: i, share: -move, arrives: boundary + exitDays });
    else book.idle -= move;
    return move;
  });
  const buys = moves.map((move, i) => {
    if (move < STILL) return 0;
    const venue = panel.venues[i];
    if (venue === undefined || venue.capacity === null) return move;
    const room = Math.max(0, venue.capacity / nav - (book.weights[i] ?? 0));
    if (move > room)
      notes.push(`${venue.name} takes ${(100 * room).toFixed(2)} % of NAV more, not ${(100 * move).toFixed(2)} %`);
    return Math.min(move, room);
  });
  const wanted = sum(buys);
  const cash = Math.max(0, book.idle - terms.minimumIdle);
  const share = wanted > cash + STILL ? cash / wanted : 1;
  if (share < 1) notes.push(`${(100 * (1 - share)).toFixed(1)} % of the purchases wait for cash from exits`);
  buys.forEach((buy, i) => {
    if (buy === 0) return;
    done[i] = buy * share;
    book.idle -= buy * share;
  });
  done.forEach((move, i) => {
    book.weights[i] = Math.max(0, (book.weights[i] ?? 0) + move);
  });
  const rate = (move: number, i: number): number => {
    // A queue redeems at the protocol's rate: it costs time, not impact.
    const queued = move < 0 && (panel.venues[i]?.exitDays ?? 0) > 0;
    return queued ? (terms.costs.linear[i] ?? 0) : costRate(terms.costs, i, move, nav);
  };
  const legs = done.filter((move) => Math.abs(move) > STILL).length;
  const gas = terms.costs.gas[boundary];
  const gasPaid = legs === 0 || gas === undefined ? 0 : (gas.fixed + legs * gas.leg) / nav;
  const cost = sum(done.map((move, i) => Math.abs(move) * rate(move, i))) + gasPaid;
  const waiting = sum(book.queue.map((entry) => entry.share)) - queuedBefore;
  const traded = (sum(done.map(Math.abs)) + Math.abs(book.idle - idleBefore) + waiting) / 2;
  return { cost, traded, notes };
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Boundaries at which decisions take effect, and how many days each knew. */
export function schedule(days: number, { warmup, lag, every }: Pick<WalkTerms, "warmup" | "lag" | "every">) {
  const out: { boundary: number; known: number }[] = [];
  for (let boundary = warmup + lag; boundary < days; boundary += every) out.push({ boundary, known: boundary - lag });
  return out;
}

export async function walk(panel: Panel, rule: Rule, terms: WalkTerms): Promise<Walked> {
  const days = panel.dates.length;
  const size = panel.venues.length;
  const first = terms.warmup + terms.lag;
  const planned = new Map(schedule(days, terms).map(({ boundary, known }) => [boundary, known]));
  const rng = createRng(terms.seed).fork(`rule ${rule.name}`);
  let book: Book = { weights: new Array<number>(size).fill(0), idle: 1, queue: [] };
  // What was held at the end of each day, for decisions that know no later one.
  const held: Holding[] = [];
  const untouched = holdingOf(book, !terms.chargeEntry);
  let nav = terms.nav;
  const returns: number[] = [];
  const decisions: DecisionRecord[] = [];
  let turnover = 0;
  let entryTurnover = 0;
  let costs = 0;
  let trades = 0;
  let blindDays = 0;
  let invested = false;

  for (let day = first; day < days; day++) {
    for (const { share } of book.queue.filter(({ arrives }) => arrives <= day)) book.idle += share;
    book.queue = book.queue.filter(({ arrives }) => arrives > day);
    let cost = 0;
    const known = planned.get(day);
    if (known !== undefined) {
      const holding = held[known - first] ?? untouched;
      const told = panel.venues.map((_, i) => (terms.costs.linear[i] ?? 0) + impactAt(terms.costs.curve, 0.1 * nav));
      const verdict = await rule.decide(viewOf(panel, known, holding, told, rng.fork(`day ${known}`)));
      const done = verdict.weights === null ? null : execute(book, verdict.weights, day, nav, panel, terms);
      const moved = done !== null && done.traded > STILL;
      if (done !== null && moved) {
        trades++;
        const free = !invested && !terms.chargeEntry;
        cost = free ? 0 : done.cost;
        costs += cost;
        if (invested) turnover += done.traded;
        else entryTurnover += done.traded;
        invested = true;
      }
      decisions.push({
        asOf: panel.dates[known - 1] ?? "",
        executed: panel.dates[day] ?? "",
        moved,
        weights: book.weights.map(round),
        idle: round(book.idle),
        pending: round(sum(book.queue.map(({ share }) => share))),
        cost,
        reasons: [...verdict.reasons, ...(done?.notes ?? [])],
      });
    }
    const grown = book.weights.map((weight, i) => {
      const earned = panel.venues[i]?.realised[day] ?? Number.NaN;
      if (weight > STILL && Number.isNaN(earned)) blindDays++;
      return weight * (1 + (Number.isNaN(earned) ? 0 : earned));
    });
    const growth = sum(grown) + book.idle + sum(book.queue.map(({ share }) => share));
    returns.push(growth * (1 - cost) - 1);
    nav *= growth * (1 - cost);
    book = {
      weights: grown.map((value) => value / growth),
      idle: book.idle / growth,
      queue: book.queue.map((entry) => ({ ...entry, share: entry.share / growth })),
    };
    held[day - first + 1] = holdingOf(book, !invested && !terms.chargeEntry);
  }
  return {
    rule: rule.name,
    describes: rule.describes,
    dates: panel.dates.slice(first),
    returns,
    decisions,
    turnover,
    entryTurnover,
    costs,
    trades,
    blindDays,
  };
}
