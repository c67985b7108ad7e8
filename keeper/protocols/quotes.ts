/** What most twins' states have in common: yields from rates, curves from the venue's own quoters, queues. */
import type { Outcome, ViewCall } from "../chain/multicall.ts";
import { DAYS_PER_YEAR, fromWad, SECONDS_PER_DAY, toWad, WAD } from "../kernel/units.ts";
import type { VenueCap, YieldPart, YieldParts } from "../kernel/venue-state.ts";
import {
  type Inspect,
  type RateWindow,
  type Reads,
  type VenueFacts,
  type VenueSite,
  VenueUnreadError,
} from "./protocol.ts";

export const YEAR_SECONDS = DAYS_PER_YEAR * SECONDS_PER_DAY;
/** `QueuedExitAdapter.MAX_OPEN_REQUESTS`. */
export const MAX_OPEN_REQUESTS = 16n;

export const known = (apy: number, source: string): YieldPart => ({ kind: "known", apy, source });
export const missing = (reason: string): YieldPart => ({ kind: "missing", reason });
export const answer = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const refusal = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/**
 * The adapters hold and value the position alone: what a venue pays in other tokens stays unclaimed. To be harvested it would
 * have to be sold, and no price that the engine trusts could bound the sale: whoever trades first would name it.
 */
export const NO_REWARD = known(0, "the adapter claims no incentive tokens: no trusted price bounds their sale");
export const NO_FEES = known(0, "the venue earns no trading fees for its holders");

const days = (seconds: number): string => (seconds / SECONDS_PER_DAY).toFixed(1);

/** Growth between two rates as a compounded yearly fraction. */
export function growth(window: RateWindow, source: string): YieldPart {
  const { now, past, seconds } = window;
  if (!now.ok) return missing(`${source} is not answered now: ${now.reason}`);
  if (now.value <= 0n) return missing(`${source} is ${now.value} now`);
  if (seconds <= 0) return missing("the chain has no earlier block to compare with");
  if (!past.ok) return missing(`${source} was not answered ${days(seconds)} days ago: ${past.reason}`);
  if (past.value <= 0n) return missing(`${source} was ${past.value} ${days(seconds)} days ago`);
  const ratio = fromWad((now.value * WAD) / past.value);
  return known(ratio ** (YEAR_SECONDS / seconds) - 1, `growth of ${source} over ${days(seconds)} days`);
}

/** Compounded yearly fraction of a simple yearly rate that accrues by the second, ray. */
export const apyOfRay = (ray: bigint, source: string): YieldPart =>
  known(Math.expm1(fromWad(ray / 1_000_000_000n)), source);

/** `part` of the yield, e.g. the half of a pool that is staked. */
export const share = (yields: YieldPart, part: number, of: string): YieldPart =>
  yields.kind === "missing"
    ? yields
    : known(yields.apy * part, `${(part * 100).toFixed(1)} % of it in ${of}: ${yields.source}`);

/** What is left of a whole yield after its base. */
export const remainder = (whole: YieldPart, base: YieldPart): YieldPart => {
  if (whole.kind === "missing") return whole;
  if (base.kind === "missing") return missing(`the base is missing: ${base.reason}`);
  return known(whole.apy - base.apy, `${whole.source}, less the base`);
};

/** An amount less a fraction of it; the fraction passes the one crossing from floats. */
export const less = (amount: bigint, fraction: number): bigint => amount - (amount * toWad(fraction)) / WAD;

/** `amount` units at `rate`, WAD. */
export const worthOf = (amount: bigint, rate: bigint): bigint => (amount * rate) / WAD;

/** Only the growth of the rate, as of staking tokens and vaults whose share price is all they pay. */
export const baseOnly =
  (source: string) =>
  (window: RateWindow): YieldParts => ({ base: growth(window, source), fees: NO_FEES, reward: NO_REWARD });

/** A read that others are divided by: nothing, or less, is no answer. */
export const positive =
  (what: string, read: () => bigint): (() => bigint) =>
  () => {
    const value = read();
    if (value <= 0n) throw new VenueUnreadError(what, `it is ${value}`);
    return value;
  };

/** What a venue allows beside its prices. */
export interface Terms {
  readonly enterClosed: string | null;
  readonly leaveClosed: string | null;
  readonly cap: VenueCap | null;
  /** As {@link VenueFacts}. */
  readonly instant: Outcome<bigint>;
  readonly instantFee?: number;
  /** Most that one exit may queue, asset units at the rate; null where there is no queue. */
  readonly queued: bigint | null;
  /** Of a size and what is paid for it at the rate, what is paid on the way that takes it; absent where that is the same. */
  readonly leave?: (size: bigint, atRate: Outcome<bigint>) => Outcome<bigint>;
  /** Said of exits beside {@link QuoterSpec.leaveSource}. */
  readonly leaveSource?: string;
  readonly delay?: { readonly days: number; readonly source: string };
  /** Where the yield is stated by the venue and need not be measured. */
  readonly apy?: YieldParts;
}

export interface QuoterSpec {
  /** Assets per unit before any fee, WAD: what both curves measure against. */
  readonly rate: (site: VenueSite) => ViewCall<bigint>;
  /** Units that the venue says it gives for assets; null where it gives them at the rate. */
  readonly minted: ((site: VenueSite, assets: bigint) => ViewCall<bigint>) | null;
  /** Assets that the venue says it pays for units; null where it pays them at the rate. */
  readonly paid: ((site: VenueSite, units: bigint) => ViewCall<bigint>) | null;
  readonly enterSource: string;
  readonly leaveSource: string;
  readonly apy: (window: RateWindow) => YieldParts;
  readonly terms: (site: VenueSite, now: Reads) => (rate: bigint) => Terms;
}

/** A venue whose own views quote both ways. */
export const byQuoter =
  (spec: QuoterSpec): Inspect =>
  (site, now) => {
    const rate = positive("the rate", now.need(spec.rate(site)));
    const minted = site.sizes.map((size) => (spec.minted === null ? null : now.want(spec.minted(site, size))));
    const terms = spec.terms(site, now);
    return (next) => {
      const unit = rate();
      const paid = site.sizes.map((size) =>
        spec.paid === null ? null : next.want(spec.paid(site, (size * WAD) / unit)),
      );
      return (window): VenueFacts => {
        const { enterClosed, leaveClosed, cap, instant, instantFee, queued, leave, leaveSource, delay, apy } =
          terms(unit);
        const entry = site.sizes.map((size, index): Outcome<bigint> => {
          const units = minted[index]?.() ?? null;
          if (units === null) return answer(size);
          return units.ok ? answer(worthOf(units.value, unit)) : units;
        });
        const exit = site.sizes.map((size, index): Outcome<bigint> => {
          const atRate = paid[index]?.() ?? answer(size);
          return leave?.(size, atRate) ?? atRate;
        });
        return {
          apy: apy ?? spec.apy(window),
          cap,
          discount: 0,
          enter: { closed: enterClosed, quotes: entry, source: spec.enterSource },
          leave: {
            closed: leaveClosed,
            quotes: exit,
            source: [spec.leaveSource, ...(leaveSource === undefined ? [] : [leaveSource])].join("; "),
            instant,
            ...(instantFee === undefined ? {} : { instantFee }),
            queued,
            delay: delay ?? null,
          },
        };
      };
    };
  };
