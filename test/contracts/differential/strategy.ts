/** What a strategy is to the second reading, and what happens to it alone. Amounts in asset units, times in Unix seconds. */
import { least, less, up, WAD } from "./numbers.ts";

const RECOVERY_SPACING = 3_600n;

export const IDS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

export interface Settings {
  readonly bufferBps: bigint;
  readonly unlockSeconds: bigint;
  readonly minReportInterval: bigint;
  readonly maxNavAge: bigint;
  readonly batchSeconds: bigint;
}

export interface Limits {
  readonly absoluteCap: bigint;
  readonly dailyInflowBudget: bigint;
  readonly relativeCapBps: bigint;
  readonly lossTripBps: bigint;
}

export interface Strategy {
  readonly riskId: number;
  readonly limits: Limits;
  debt: bigint;
  reportedAt: bigint;
  frozen: boolean;
  liquid: bigint;
  pending: bigint;
  claimable: bigint;
  broken: boolean;
  rateDead: boolean;
  recovering: boolean;
  normalSyncs: number;
  countedAt: bigint;
  allocateBps: bigint;
  payBps: bigint;
  requestBps: bigint;
  refundBps: bigint;
  inflowUsed: bigint;
  inflowAt: bigint;
  /** WAD share of the position that in-kind exits own, what a whole unit was paid so far, and what is set aside. */
  units: bigint;
  paidPerUnit: bigint;
  unpaid: bigint;
  readonly claims: Map<string, Claim>;
}

export type Move =
  | { readonly kind: "allocate"; readonly id: number; readonly amount: bigint | "remainder" }
  | { readonly kind: "deallocate" | "requestExit"; readonly id: number; readonly amount: bigint };

export interface Outcome {
  readonly aborted: boolean;
  readonly navBefore: bigint;
  readonly navAfter: bigint;
  readonly loss: bigint;
}

/** One account's part of what in-kind exits own of a strategy. */
export interface Claim {
  units: bigint;
  paidPerUnit: bigint;
  credit: bigint;
}

export const freshStrategy = (id: number): Strategy => ({
  riskId: id % 4,
  limits: { absoluteCap: 1_000n * WAD, dailyInflowBudget: 1_000n * WAD, relativeCapBps: 2_500n, lossTripBps: 50n },
  debt: 0n,
  reportedAt: 0n,
  frozen: false,
  liquid: 0n,
  pending: 0n,
  claimable: 0n,
  broken: false,
  rateDead: false,
  recovering: false,
  normalSyncs: 0,
  countedAt: 0n,
  allocateBps: 10_000n,
  payBps: 10_000n,
  requestBps: 10_000n,
  refundBps: 0n,
  inflowUsed: 0n,
  inflowAt: 0n,
  units: 0n,
  paidPerUnit: 0n,
  unpaid: 0n,
  claims: new Map(),
});

/** What the position counts for, less what in-kind exits own of it. */
export function worthOf(strategy: Strategy): bigint {
  const whole = strategy.liquid + strategy.pending + strategy.claimable;
  return (whole * (WAD - strategy.units)) / WAD;
}

/** Sets aside what in-kind exits own of cash from a strategy. Returns the vault's part. */
export function credit(strategy: Strategy, received: bigint): bigint {
  if (strategy.units === 0n) return received;
  const theirs = (received * strategy.units) / WAD;
  strategy.paidPerUnit += (theirs * WAD) / strategy.units;
  strategy.unpaid += theirs;
  return received - theirs;
}

export function settleClaim(strategy: Strategy, who: string): Claim {
  const claim = strategy.claims.get(who) ?? { units: 0n, paidPerUnit: 0n, credit: 0n };
  claim.credit += ((strategy.paidPerUnit - claim.paidPerUnit) * claim.units) / WAD;
  claim.paidPerUnit = strategy.paidPerUnit;
  strategy.claims.set(who, claim);
  return claim;
}

/**
 * Takes `part` (WAD) of the vault's share of a position: cash of what can leave at once, units for the rest, and the debt by
 * proportion.
 * @returns the cash for whoever leaves, and what of the received cash stays with the vault.
 */
export function exitInKind(strategy: Strategy, part: bigint, who: string): { paid: bigint; kept: bigint } {
  const own = WAD - strategy.units;
  let units = (own * part) / WAD;
  const cash = strategy.broken || strategy.claimable !== 0n ? 0n : (strategy.liquid * part) / WAD;
  let [paid, kept] = [0n, 0n];
  if (cash !== 0n) {
    const worth = strategy.liquid + strategy.pending;
    strategy.liquid -= cash;
    const received = credit(strategy, (cash * strategy.payBps) / 10_000n);
    paid = least(received, (cash * own) / WAD);
    kept = received - paid;
    units = cash === worth ? 0n : less(units * worth, own * cash) / (worth - cash);
  }
  units = least(units, own);
  if (units !== 0n) {
    const claim = settleClaim(strategy, who);
    strategy.units += units;
    claim.units += units;
  }
  strategy.debt -= up(strategy.debt, part, WAD);
  return { paid, kept };
}

/** The guard's count of normal syncs on the way back to inflow. */
export function sync(strategy: Strategy, now: bigint): void {
  if (strategy.rateDead) {
    Object.assign(strategy, { recovering: true, normalSyncs: 0, countedAt: 0n });
  } else if (strategy.recovering && now >= strategy.countedAt + RECOVERY_SPACING) {
    strategy.countedAt = now;
    strategy.normalSyncs += 1;
    if (strategy.normalSyncs >= 2) strategy.recovering = false;
  }
}
