/** What the keeper must know about a venue beyond what the adapter itself answers. */

import type { ViewCall } from "../chain/multicall.ts";
import type { LegKindName } from "../kernel/artifacts.ts";
import type { Address } from "../kernel/units.ts";
import type { ProtocolId } from "./ids.ts";

export interface GasEstimate {
  /** Gas units of one leg, the vault's own bookkeeping included. */
  readonly units: number;
  /** Where the number comes from. */
  readonly source: string;
}

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
  /**
   * Largest shortfall a leg may show against its amount at the protocol's rate, basis points: rounding and fees of the
   * venue, not its market risk. The proposal's `minValue` is the amount less this.
   */
  readonly shortfallBps: Readonly<Record<LegKindName, number>>;
  /** Reads the venue's addresses from the adapter's immutables. */
  readonly targets: (adapter: Address) => readonly ViewCall<Address>[];
  /** Reads the venue's rate, WAD of asset per unit, from the venue itself: it answers at blocks older than the adapter. */
  readonly rateAt: (targets: readonly Address[], asset: Address) => ViewCall<bigint>;
  /** Present where the position is a range that a proposal can move. */
  readonly range?: RangeVenue;
}
