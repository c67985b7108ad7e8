/**
 * Where the policy is trained: days of yields and returns of several venues. Simulated: regimes that switch, yields that revert to
 * what the regime pays, prices that stray from par and come back. Replayed: a stationary bootstrap (Politis and Romano 1994) of
 * recorded days, none of them at or after the day named.
 */
import { HoldError } from "../../kernel/errors.ts";
import type { Rng } from "../../kernel/rng.ts";
import { DAYS_PER_YEAR } from "../../kernel/units.ts";
import { requireBetween, requireCount } from "../../math/checks.ts";

export interface Venue {
  /** One way, fractions. */
  readonly enter: number;
  readonly exit: number;
  readonly cap: number;
  readonly riskIds: readonly number[];
  /** Per day: what the venue pays, which forecasts are made of, and what its holder gets. */
  readonly yields: readonly number[];
  readonly returns: readonly number[];
}

export interface World {
  readonly days: number;
  readonly venues: readonly Venue[];
  readonly riskIds: readonly { readonly riskId: number; readonly capWeight: number }[];
  /** Gas of one leg, share of NAV, per day. */
  readonly gas: readonly number[];
}

export class ReplayTooShortError extends HoldError {
  readonly code = "DQN_REPLAY_TOO_SHORT";
  readonly known: number;
  constructor(known: number, needed: number) {
    super(
      `Only ${known} recorded days come before the evaluation; ${needed} are needed to train on. Train on simulations alone, or begin the evaluation later.`,
    );
    this.known = known;
  }
}

export interface RegimeSettings {
  readonly days: number;
  readonly venues: { readonly least: number; readonly most: number };
  /** Mean days that a regime lasts. */
  readonly regimeDays: number;
  /** Standard deviation of what a venue pays between regimes, a year. */
  readonly regimeSpread: number;
  /** Multiplies the moves of prices. */
  readonly priceNoise: number;
  /** One-way costs are drawn log-uniformly between these, fractions. */
  readonly cost: { readonly least: number; readonly most: number };
}

export const DEFAULT_REGIMES: RegimeSettings = {
  days: 450,
  venues: { least: 3, most: 8 },
  regimeDays: 60,
  regimeSpread: 0.012,
  priceNoise: 1,
  cost: { least: 5e-5, most: 2e-3 },
};

const logUniform = (rng: Rng, low: number, high: number): number => low * (high / low) ** rng.uniform();
const REGIMES = 3;

function gasPath(rng: Rng, days: number): number[] {
  const usual = logUniform(rng, 1e-7, 5e-5);
  let level = 0;
  return Array.from({ length: days }, () => {
    level = 0.8 * level + 0.4 * rng.normal();
    return usual * Math.exp(level);
  });
}

function termsOf(rng: Rng, count: number, cost: RegimeSettings["cost"]) {
  const oneWay = logUniform(rng, cost.least, cost.most);
  return Array.from({ length: count }, () => ({
    enter: oneWay * (0.5 + rng.uniform()),
    exit: oneWay * (0.5 + rng.uniform()),
    cap: Math.min(1, 1 / count + (0.2 + 0.8 * rng.uniform()) * (1 - 1 / count)),
    riskIds: [1 + rng.int(2)],
  }));
}

const groupCaps = (rng: Rng) => [1, 2].map((riskId) => ({ riskId, capWeight: 0.6 + 0.4 * rng.uniform() }));

/** @throws {ParameterOutOfRangeError} */
export function regimeWorld(rng: Rng, settings: RegimeSettings = DEFAULT_REGIMES): World {
  const { days, venues: sizes } = settings;
  requireCount("days", days, 2);
  requireBetween("least venues", sizes.least, 1, sizes.most);
  requireBetween("regimeDays", settings.regimeDays, 1, 1e6);
  requireBetween("regimeSpread", settings.regimeSpread, 0, 1);
  requireBetween("priceNoise", settings.priceNoise, 0, 100);
  const count = sizes.least + rng.int(sizes.most - sizes.least + 1);
  let regime = rng.int(REGIMES);
  const regimes = Array.from({ length: days }, () => {
    if (rng.uniform() < 1 / settings.regimeDays) regime = (regime + 1 + rng.int(REGIMES - 1)) % REGIMES;
    return regime;
  });
  const terms = termsOf(rng, count, settings.cost);
  const usual = 0.015 + 0.03 * rng.uniform();
  const venues = terms.map((term): Venue => {
    const own = 0.006 * rng.normal();
    const pays = Array.from({ length: REGIMES }, () => Math.max(0, usual + own + settings.regimeSpread * rng.normal()));
    const pull = logUniform(rng, 0.02, 0.3);
    const noise = logUniform(rng, 5e-4, 4e-3);
    const stray = rng.int(3) === 0 ? 0 : settings.priceNoise * logUniform(rng, 5e-5, 1.5e-3);
    const stays = 0.8 + 0.19 * rng.uniform();
    let level = pays[regimes[0] ?? 0] ?? usual;
    let discount = 0;
    const days = regimes.map((r) => {
      level = Math.max(0, level + pull * ((pays[r] ?? usual) - level) + noise * rng.normal());
      const next = stays * discount + stray * rng.normal();
      const paid = level / DAYS_PER_YEAR;
      const got = paid + next - discount;
      discount = next;
      return { paid, got };
    });
    return { ...term, yields: days.map(({ paid }) => paid), returns: days.map(({ got }) => got) };
  });
  return { days, venues, riskIds: groupCaps(rng), gas: gasPath(rng, days) };
}

export interface Recorded {
  readonly yields: readonly number[];
  readonly returns: readonly number[];
}

/** Recorded days a bootstrap needs. */
const FEWEST_DAYS = 60;
const BLOCK_DAYS = 20;

/**
 * Joint blocks of recorded days.
 * @param before index of the first day that may not be used: the evaluation begins there.
 * @throws {ReplayTooShortError}
 */
export function replayedWorld(
  rng: Rng,
  history: readonly Recorded[],
  before: number,
  settings: Pick<RegimeSettings, "days" | "cost"> = DEFAULT_REGIMES,
): World {
  const known = Math.min(before, ...history.map(({ returns }) => returns.length));
  if (history.length === 0 || known < FEWEST_DAYS) throw new ReplayTooShortError(Math.max(0, known), FEWEST_DAYS);
  let at = rng.int(known);
  const chosen = Array.from({ length: settings.days }, () => {
    at = rng.uniform() < 1 / BLOCK_DAYS ? rng.int(known) : (at + 1) % known;
    return at;
  });
  const pick = (series: readonly number[]): number[] =>
    chosen.map((t) => {
      const value = series[t] ?? 0;
      return Number.isFinite(value) ? value : 0;
    });
  const venues = termsOf(rng, history.length, settings.cost).map((term, i) => ({
    ...term,
    yields: pick(history[i]?.yields ?? []),
    returns: pick(history[i]?.returns ?? []),
  }));
  return { days: settings.days, venues, riskIds: groupCaps(rng), gas: gasPath(rng, settings.days) };
}
