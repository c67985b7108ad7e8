/** What one venue is at one block: yields apart, limits, slippage curves each way, pause and caps with reasons. */
import type { LegKindName } from "./artifacts.ts";
import type { Assets } from "./units.ts";

export interface GasEstimate {
  /** Gas units of one leg, the vault's own bookkeeping included. */
  readonly units: number;
  /** Where the number comes from. */
  readonly source: string;
}

/** A part of a yield; a part that cannot be read is missing and says why, never a number. */
export type YieldPart =
  | {
      readonly kind: "known";
      /** Fraction of a compounded year, 0.03 = 3 %. */
      readonly apy: number;
      /** Which call, over which time. */
      readonly source: string;
    }
  | { readonly kind: "missing"; readonly reason: string };

/** What a position earns at present, apart by who pays it. What the adapter earns is the sum of the three. */
export interface YieldParts {
  /** Staking and lending. */
  readonly base: YieldPart;
  /** Trades and their fees. */
  readonly fees: YieldPart;
  /** Incentives, as far as the adapter receives them. */
  readonly reward: YieldPart;
}

/** What a move of one size would bring at this block. */
export interface QuotePoint {
  /** Entry: assets put in. Exit: worth at the protocol's rate of the units taken out. Asset units. */
  readonly size: Assets;
  /** Entry: worth at the protocol's rate of the units received. Exit: assets paid, at once or by the queue. Null: see reason. */
  readonly received: Assets | null;
  /** 1 - received / size: slippage and fees. Below zero where the venue pays a little for balance. Null: see reason. */
  readonly shortfall: number | null;
  /** Why there is no figure. */
  readonly reason: string | null;
}

export interface MoveState {
  /** Why nothing moves now; null while the venue is open. */
  readonly closed: string | null;
  /** Ascending by size. */
  readonly curve: readonly QuotePoint[];
  /** Which of the venue's own calls, or which stated fee, the curve comes from. */
  readonly source: string;
}

export interface VenueCap {
  /** Asset units. */
  readonly limit: Assets;
  /** Asset units counted against the limit; null where no call tells. */
  readonly used: Assets | null;
  readonly source: string;
}

export interface VenueState {
  readonly kind: "read";
  readonly strategyId: number;
  /** Protocol key of `keeper/protocols`. */
  readonly protocol: string;
  readonly apy: YieldParts;
  /** Null where the venue sets no cap of its own. */
  readonly cap: VenueCap | null;
  readonly enter: MoveState & {
    /** Most that the adapter may put in now (`maxAllocate`), asset units. */
    readonly available: Assets;
  };
  readonly leave: MoveState & {
    /** Most that the venue as a whole pays in one transaction now, asset units; a reason where no call tells. */
    readonly instant: { readonly ok: true; readonly value: Assets } | { readonly ok: false; readonly reason: string };
    /**
     * Part that the venue keeps of an exit at once where the curve prices the queue, which keeps nothing: fraction; 0 where
     * the curve prices exits at once. `own` leaves out what would cost it.
     */
    readonly instantFee: number;
    /** Most that one exit of this adapter may put into the venue's queue, asset units; null where there is none. */
    readonly queued: Assets | null;
    /** Most that this adapter's own position can take out at once (`maxDeallocate`), asset units. */
    readonly own: Assets;
    /** Days from a request to its payment; 0 where exits are instant. */
    readonly delayDays: number;
    readonly delaySource: string;
  };
  /**
   * Part of what the curves measure that the adapter holds back when it counts its position, fraction: 0.002 of a venue
   * whose adapter counts 20 basis points below the rate, the fee where it counts after the exit's. Null where the part is not one
   * number that the reads carry, and the twin's constant bounds hold: a range, whose staking token alone is counted below the rate;
   * Pendle and Arrakis, whose adapters count from a start or a mixture of their own; Swell, Renzo, Yearn and Beefy, of whom it is not told.
   */
  readonly discount: number | null;
  readonly gas: Readonly<Record<LegKindName, GasEstimate | null>>;
}

/** A venue that could not be read: its strategy is held. */
export interface HeldVenue {
  readonly kind: "held";
  readonly strategyId: number;
  readonly protocol: string;
  readonly reason: string;
}
export type VenueReading = VenueState | HeldVenue;
