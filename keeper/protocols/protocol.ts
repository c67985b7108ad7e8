/** What the keeper must know about a venue beyond what the adapter itself answers. */

import type { ChainEvent, EventQuery } from "../chain/logs.ts";
import type { Outcome, ViewCall } from "../chain/multicall.ts";
import type { LegKindName } from "../kernel/artifacts.ts";
import { HoldError } from "../kernel/errors.ts";
import type { Address, Assets } from "../kernel/units.ts";
import type { GasEstimate, VenueCap, YieldParts } from "../kernel/venue-state.ts";
import type { ProtocolId } from "./ids.ts";

/** What else must be read of a venue whose position is a range, to place it. */
export interface RangeVenue {
  /** Two or three words: the staking token, the contract that knows the pool, and there the pool's id. */
  readonly handles: (adapter: Address) => readonly ViewCall<string>[];
  /** Liquidity that the adapter itself has in the pool. */
  readonly ownLiquidity: (adapter: Address) => ViewCall<bigint>;
  /** Asset per unit of the staking token at its protocol, WAD. */
  readonly stakingRate: (handles: readonly string[]) => ViewCall<bigint>;
  readonly sqrtPrice: (handles: readonly string[]) => ViewCall<bigint>;
  readonly liquidity: (handles: readonly string[]) => ViewCall<bigint>;
  /** Hundredths of a basis point. */
  readonly fee: (handles: readonly string[]) => ViewCall<number>;
  readonly assetIsToken0: (handles: readonly string[], asset: Address) => ViewCall<boolean>;
}

/** A number the venue's state cannot do without was not answered: the strategy is held. */
export class VenueUnreadError extends HoldError {
  readonly code = "VENUE_UNREAD";
  readonly what: string;
  readonly reason: string;
  constructor(what: string, reason: string) {
    super(`${what} was not answered: ${reason}. Hold the strategy until the venue answers.`);
    this.what = what;
    this.reason = reason;
  }
}

/** Collects the calls of one round; the functions returned answer after the round has run. */
export interface Reads {
  /** @throws {VenueUnreadError} from the answer, where the call failed. */
  need<T>(call: ViewCall<T>): () => T;
  want<T>(call: ViewCall<T>): () => Outcome<T>;
}

/** Where a venue is read. */
export interface VenueSite {
  readonly adapter: Address;
  readonly asset: Address;
  /** Answers of {@link Protocol.targets}. */
  readonly targets: readonly Address[];
  /** Sizes of the curves, ascending, asset units. */
  readonly sizes: readonly Assets[];
  /** Unix seconds of the pinned block. */
  readonly timestamp: number;
}

/** The rate at the pinned block and at an earlier one, and what happened in between. */
export interface RateWindow {
  readonly now: Outcome<bigint>;
  readonly past: Outcome<bigint>;
  /** Between the two, seconds; 0 where the chain has no earlier block. */
  readonly seconds: number;
  /** {@link Protocol.events} after the earlier block, up to the pinned one; absent where none were asked for. */
  readonly events?: Outcome<readonly ChainEvent[]>;
  /** What was earned over the span is asked for, whatever the venue pays now; absent where it is the present. */
  readonly isHistory?: true;
}

/** What a twin makes of its reads; limits and the adapter's own answers are added by the reader. */
export interface VenueFacts {
  readonly apy: YieldParts;
  readonly cap: VenueCap | null;
  /** As `VenueState.discount`; absent where the twin cannot tell. */
  readonly discount?: number;
  readonly enter: {
    readonly closed: string | null;
    readonly quotes: readonly Outcome<bigint>[];
    readonly source: string;
  };
  readonly leave: {
    readonly closed: string | null;
    readonly quotes: readonly Outcome<bigint>[];
    readonly source: string;
    readonly instant: Outcome<bigint>;
    /** As `VenueState.leave.instantFee`; absent where exits at once cost what the curve says. */
    readonly instantFee?: number;
    readonly queued: bigint | null;
    /** Days that the venue itself states; null leaves the twin's usual wait. */
    readonly delay: { readonly days: number; readonly source: string } | null;
  };
}

/**
 * Reads a venue in two rounds: `now` at the pinned block, then `next` at the same block and `past` at an earlier one, for
 * calls that need the first round's answers.
 */
export type Inspect = (site: VenueSite, now: Reads) => (next: Reads, past: Reads) => (window: RateWindow) => VenueFacts;

export interface Protocol {
  readonly id: ProtocolId;
  /** Name of the adapter contract, the file's twin in `contracts/adapters`. */
  readonly adapterContract: string;
  /** True when leaving takes a request and a wait. */
  readonly hasAsyncExit: boolean;
  /** Usual wait of an asynchronous exit, days; 0 when exits are instant. The configuration may say otherwise. */
  readonly exitDelayDays: number;
  /** Asynchronous exits are whole multiples of this, asset units; any amount where it is absent. */
  readonly exitStep?: bigint;
  /** What the venue's market feed prices: the rate-bearing token, the rebasing underlying, or nothing (a claim on the asset, or no feed known). */
  readonly feedPrices: "token" | "underlying" | "none";
  /** Null where the venue has no such move. */
  readonly gas: Readonly<Record<LegKindName, GasEstimate | null>>;
  /** Gas of a `LiquidityVault.harvest` of this one strategy; absent where the adapter has no `harvest`. */
  readonly harvestGas?: GasEstimate;
  /**
   * Largest shortfall a leg may show against its amount at the protocol's rate, basis points: rounding and fees of the
   * venue, not its market risk. The proposal's `minValue` is the amount less this.
   */
  readonly shortfallBps: Readonly<Record<LegKindName, number>>;
  /** Reads the venue's addresses from the adapter's immutables. */
  readonly targets: (adapter: Address) => readonly ViewCall<Address>[];
  /** Reads the venue's rate, WAD of asset per unit, from the venue itself: it answers at blocks older than the adapter. */
  readonly rateAt: (targets: readonly Address[], asset: Address) => ViewCall<bigint>;
  /** Events that the venue's yield is measured on; absent where its views tell it. */
  readonly events?: (targets: readonly Address[]) => EventQuery;
  /** Present where the position is a range that a proposal can move. */
  readonly range?: RangeVenue;
  /** Reads yield, limits, slippage, pause and caps at a block. */
  readonly inspect: Inspect;
}
