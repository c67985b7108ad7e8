/** What happened day by day: NAV around flows, gas paid, weights; and, at the end, what plain alternatives earned. */
import type { MarketSnapshot } from "../../keeper/kernel/artifacts.ts";
import { fromWad } from "../../keeper/kernel/units.ts";
import { equalWeightIndex, growthIndex, type NavDay, ratio } from "../../keeper/report/performance.ts";
import type { DayPoint, NamedWeight } from "../../keeper/report/result.ts";
import { LiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import type { EngineAddresses } from "../engine.ts";
import { DemoStepError } from "../errors.ts";
import { formatDate } from "../market/market.ts";
import type { World } from "../world.ts";

export interface VaultState {
  readonly nav: bigint;
  readonly sharePrice: number;
  readonly weights: readonly NamedWeight[];
  /** All shares, and those of the fee recipient. */
  readonly supply: bigint;
  readonly feeShares: bigint;
}

const ONE_SHARE = 10n ** 24n;

export async function readVault(world: World, engine: EngineAddresses): Promise<VaultState> {
  const vault = LiquidityVault__factory.connect(engine.vault, world.chain.ethers.provider);
  const [nav, debt, price, supply, feeShares, ...debts] = await Promise.all([
    vault.nav(),
    vault.totalDebt(),
    vault.convertToAssets(ONE_SHARE),
    vault.totalSupply(),
    vault.balanceOf(world.account("treasury").address),
    ...engine.strategies.map(({ id }) => vault.debtOf(id)),
  ]);
  const share = (amount: bigint) => (nav === 0n ? 0 : ratio(amount, nav));
  return {
    nav,
    sharePrice: fromWad(price),
    weights: [
      ...engine.strategies.map(({ id, name }, index) => ({ id, name, weight: share(debts[index] ?? 0n) })),
      // What priced requests are owed lies in idle and is nobody's weight.
      { id: 0, name: "idle", weight: share(nav - debt) },
    ],
    supply,
    feeShares,
  };
}

interface LedgerDay extends NavDay {
  readonly start: number;
  readonly state: VaultState;
}

export class Ledger {
  readonly #days: LedgerDay[] = [];
  #gas = 0n;
  #gasToday = 0n;
  #fees = 0n;
  #feeShares = 0n;
  /** Claimed from the redeem queue, asset units. */
  queuePaid = 0n;

  /** Adds gas to the day that is open. */
  spend(gas: bigint): void {
    this.#gas += gas;
    this.#gasToday += gas;
  }

  get gasPaid(): bigint {
    return this.#gas;
  }

  get feesPaid(): bigint {
    return this.#fees;
  }

  /** Worth of the fee shares minted since the last look, at the share price of now. */
  #takeFees({ nav, supply, feeShares }: VaultState): bigint {
    const minted = feeShares - this.#feeShares;
    this.#feeShares = feeShares;
    const worth = supply === 0n ? 0n : (minted * nav) / supply;
    this.#fees += worth;
    return worth;
  }

  get length(): number {
    return this.#days.length;
  }

  /** Closes a day: NAV as the reports left it, before any flow. */
  close(start: number, state: VaultState): void {
    this.#days.push({
      date: formatDate(start),
      start,
      navBeforeFlow: state.nav,
      navAfterFlow: state.nav,
      gasPaid: this.#gasToday,
      feesPaid: this.#takeFees(state),
      state,
    });
    this.#gasToday = 0n;
  }

  /** Money came or went after the day was closed. */
  flowed(state: VaultState): void {
    const last = this.#days.pop();
    if (last)
      this.#days.push({ ...last, navAfterFlow: state.nav, state: { ...state, sharePrice: last.state.sharePrice } });
  }

  /** An execution changed the weights of the day, not its performance: what it cost shows in tomorrow's NAV. */
  rebalanced(state: VaultState): void {
    const last = this.#days.pop();
    if (last) this.#days.push({ ...last, state });
  }

  growth(net: boolean): readonly number[] {
    return growthIndex(this.#days, net);
  }

  /** The series of the report, beside equal weight and holding stETH over the same days. */
  series(alternatives: Alternatives): readonly DayPoint[] {
    const net = this.growth(true);
    const firstPrice = this.#days[0]?.state.sharePrice ?? 1;
    return this.#days.map((day, index) => ({
      date: day.date,
      vault: net[index] ?? 1,
      sharePrice: day.state.sharePrice / firstPrice,
      equalWeight: levelOf("equal weight", alternatives.equalWeight, index),
      hold: levelOf("holding stETH", alternatives.hold, index),
      weights: day.state.weights,
    }));
  }
}

/** A comparison with a hole in it would be no comparison. */
function levelOf(name: string, levels: readonly number[], index: number): number {
  const level = levels[index];
  if (level === undefined || !Number.isFinite(level)) {
    throw new DemoStepError("comparison", `${name} has ${levels.length} usable days, day ${index + 1} is wanted`);
  }
  return level;
}

export interface Alternatives {
  /** First day = 1, one level per ledger day. */
  readonly equalWeight: readonly number[];
  readonly hold: readonly number[];
}

/**
 * Equal weight over every venue, and holding stETH, from the chain's own history as the keeper reads it: protocol rate
 * times market price where there is a feed. No cost, full investment: what a holder without the vault would have had.
 */
export function alternativesFrom(snapshot: MarketSnapshot, days: number): Alternatives {
  const short = snapshot.history.find(({ rates }) => rates.length < days);
  if (short !== undefined) {
    throw new DemoStepError(
      "comparison",
      `strategy ${short.id} has ${short.rates.length} days of history, the vault lived ${days}`,
    );
  }
  const levels = new Map(
    snapshot.history.map(({ id, rates, marketRatios }) => [
      id,
      rates.map((rate, index) => fromWad(rate) * fromWad(marketRatios?.[index] ?? 10n ** 18n)).slice(-days),
    ]),
  );
  const returns = [...levels.values()].map((level) =>
    level.slice(1).map((value, i) => value / (level[i] ?? value) - 1),
  );
  const lido = snapshot.strategies.find(({ protocol }) => protocol === "lido");
  const held = lido ? (levels.get(lido.id) ?? []) : [];
  const first = held[0] ?? 1;
  return { equalWeight: equalWeightIndex(returns), hold: held.map((level) => level / first) };
}
