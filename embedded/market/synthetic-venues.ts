/**
 * The synthetic days of the venues beside Aave, Gearbox, Lido and ether.fi. Levels are set by hand to lie about where the
 * tokens and vaults stood in 2024-2025; they are no forecast and no evidence about the real ones.
 */
import type { Rng } from "../../keeper/kernel/rng.ts";
import { DAYS_PER_YEAR } from "../../keeper/kernel/units.ts";
import type { VenueDay, VenueKey } from "../venues/venue.ts";
import { bounded, lending, ratio } from "./processes.ts";

/** Annual rates of staking tokens: mean, lowest, highest. */
const STAKING = {
  swell: [0.0285, 0.026, 0.032],
  rswell: [0.029, 0.025, 0.034],
  stader: [0.0295, 0.027, 0.033],
  kelp: [0.0315, 0.027, 0.036],
  renzo: [0.0325, 0.028, 0.037],
  bedrock: [0.029, 0.026, 0.033],
  frax: [0.0318, 0.028, 0.037],
  puffer: [0.0298, 0.026, 0.034],
} as const satisfies Partial<Record<VenueKey, readonly [number, number, number]>>;

/** Annual rates of vaults over WETH. */
const VAULTS = {
  yearn: { mean: 0.0265, shockChance: 0.02 },
  sommelier: { mean: 0.028, shockChance: 0.025 },
  beefy: { mean: 0.0275, shockChance: 0.03 },
} as const satisfies Partial<Record<VenueKey, { readonly mean: number; readonly shockChance: number }>>;

/** ETH traded on a usual day. */
const POOLS = { curve: 2_500, uniswapv3: 3_000, uniswapv4: 2_000, pendle: 0, arrakis: 0 } as const satisfies Partial<
  Record<VenueKey, number>
>;

const REVERSION = 0.02;
const SHOCK = 0.0007;

/** A function that gives the next day of every venue. */
export function syntheticVenues(rng: Rng): (weekday: number) => Readonly<Record<VenueKey, VenueDay>> {
  const staking = (key: keyof typeof STAKING): (() => VenueDay) => {
    const [mean, low, high] = STAKING[key];
    const rate = bounded(rng.fork(`venue ${key}`), { mean, reversion: REVERSION, shock: SHOCK, low, high });
    const price = ratio(rng.fork(`price ${key}`));
    return () => ({ growth: rate() / DAYS_PER_YEAR, ratio: price(), volume: 0 });
  };
  const vault = (key: keyof typeof VAULTS): ((weekday: number) => VenueDay) => {
    const { mean, shockChance } = VAULTS[key];
    const limits = { floor: 0.01, ceiling: 0.09, shockSize: 0.015, weekly: 0.0008 };
    const rate = lending(rng.fork(`venue ${key}`), { mean, shockChance, ...limits });
    return (weekday) => ({ growth: rate(weekday) / DAYS_PER_YEAR, ratio: 1, volume: 0 });
  };
  const pool = (key: keyof typeof POOLS): (() => VenueDay) => {
    const own = rng.fork(`venue ${key}`);
    // Volume varies by a factor of about two either way.
    return () => ({ growth: 0, ratio: 1, volume: POOLS[key] * Math.exp(0.6 * own.normal() - 0.18) });
  };
  const days = {
    swell: staking("swell"),
    rswell: staking("rswell"),
    stader: staking("stader"),
    kelp: staking("kelp"),
    renzo: staking("renzo"),
    bedrock: staking("bedrock"),
    frax: staking("frax"),
    puffer: staking("puffer"),
    yearn: vault("yearn"),
    sommelier: vault("sommelier"),
    beefy: vault("beefy"),
    curve: pool("curve"),
    uniswapv3: pool("uniswapv3"),
    uniswapv4: pool("uniswapv4"),
    pendle: pool("pendle"),
    arrakis: pool("arrakis"),
  } as const satisfies Record<VenueKey, (weekday: number) => VenueDay>;
  return (weekday) => ({
    swell: days.swell(),
    rswell: days.rswell(),
    stader: days.stader(),
    kelp: days.kelp(),
    renzo: days.renzo(),
    bedrock: days.bedrock(),
    frax: days.frax(),
    puffer: days.puffer(),
    yearn: days.yearn(weekday),
    sommelier: days.sommelier(weekday),
    beefy: days.beefy(weekday),
    curve: days.curve(),
    uniswapv3: days.uniswapv3(),
    uniswapv4: days.uniswapv4(),
    pendle: days.pendle(),
    arrakis: days.arrakis(),
  });
}
