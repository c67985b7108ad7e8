/** The engine's own contracts at the pinned block: two multicalls, each required number or a reason to hold. */
import { ZeroAddress } from "ethers";
import { IFeed__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/chainlink/IFeed__factory.ts";
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { IOracleGuard__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IOracleGuard__factory.ts";
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import { IStrategyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyAdapter__factory.ts";
import { IStrategyRegistry__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyRegistry__factory.ts";
import { addr, int, type Row, struct, uint } from "../chain/fields.ts";
import { type Outcome, type ViewCall, view, viewUint } from "../chain/multicall.ts";
import type { KeeperConfig } from "../config/schema.ts";
import type { MarketSnapshot, PriceStatusName, RiskCapReading, StrategyStateName } from "../kernel/artifacts.ts";
import { type Address, assets, shares, type Wad, wad } from "../kernel/units.ts";
import { type Protocol, protocolOf, type Reads, VenueUnreadError } from "../protocols/index.ts";
import { RequiredReadError } from "./errors.ts";

const vaultInterface = ILiquidityVault__factory.createInterface();
const moduleInterface = IProposalModule__factory.createInterface();
const registryInterface = IStrategyRegistry__factory.createInterface();
const guardInterface = IOracleGuard__factory.createInterface();
const adapterInterface = IStrategyAdapter__factory.createInterface();
const feedInterface = IFeed__factory.createInterface();

const STATES: readonly StrategyStateName[] = ["None", "Active", "ReduceOnly", "Frozen", "Revoked"];
const STATUSES: readonly PriceStatusName[] = ["Closed", "Normal", "NoInflow", "ExitOnly", "Frozen"];
export type OracleKindName = "None" | "AssetDenominated" | "MarketOfToken" | "MarketOfUnderlying" | "RateOnly";
/** Members of the guard's OracleKind, in order. */
export const ORACLE_KINDS: readonly OracleKindName[] = [
  "None",
  "AssetDenominated",
  "MarketOfToken",
  "MarketOfUnderlying",
  "RateOnly",
];
const RISK_IDS = 32;

/** A member of an on-chain enum; a value the interface does not know is a wrong contract, not a default. */
function member<T>(names: readonly T[], row: Row, key: string): T {
  const index = int(row, key);
  const name = names[index];
  if (name === undefined) throw new RequiredReadError(null, row.what, `${key} is ${index}, beyond the enum`);
  return name;
}

/** Collects view calls and hands their values out afterwards, so that call and use stand side by side. */
export class ReadPlan {
  readonly calls: ViewCall<unknown>[] = [];
  #outcomes: readonly Outcome<unknown>[] = [];

  /** Adds a call that the run cannot do without. */
  need<T>(strategy: string | null, what: string, call: ViewCall<T>): () => T {
    const index = this.calls.length;
    let value: { readonly decoded: T } | null = null;
    this.calls.push({
      ...call,
      decode: (data) => {
        value = { decoded: call.decode(data) };
      },
    });
    return () => {
      const outcome = this.#outcomes[index];
      if (outcome !== undefined && !outcome.ok) throw new RequiredReadError(strategy, what, outcome.reason);
      if (outcome === undefined || value === null) throw new RequiredReadError(strategy, what, "it was not read");
      return value.decoded;
    };
  }

  /** Adds a call that may fail; the outcome is the caller's to judge. */
  want<T>(call: ViewCall<T>): () => Outcome<T> {
    const read = this.need(null, call.what, call);
    const index = this.calls.length - 1;
    return () => {
      // Undefined where the round never ran, as when a young chain has no past block to read at.
      const outcome = this.#outcomes[index] ?? { ok: false, reason: "it was not read" };
      return outcome.ok ? { ok: true, value: read() } : outcome;
    };
  }

  settle(outcomes: readonly Outcome<unknown>[]): void {
    this.#outcomes = outcomes;
  }
}

export interface RegisteredStrategy {
  readonly id: number;
  readonly name: string;
  readonly protocol: Protocol;
  readonly exitDelayDays: number;
  readonly adapter: Address;
  readonly state: StrategyStateName;
  readonly riskIds: readonly number[];
  readonly absoluteCap: bigint;
  readonly relativeCapBps: number;
  readonly inflowLeft: bigint;
  readonly debt: bigint;
  readonly quote: {
    readonly status: PriceStatusName;
    readonly sellFactor: Wad;
    readonly buyFactor: Wad;
    readonly rate: Wad;
    readonly marketWad: Wad;
    readonly updatedAt: number;
  };
  readonly oracle: {
    readonly kind: OracleKindName;
    readonly feed: Address | null;
    readonly heartbeat: number;
    readonly margin: number;
  };
}

export interface CoreState {
  readonly vault: Omit<MarketSnapshot["vault"], "queuePending">;
  readonly asset: Address;
  /** The redeem queue; null while none is bound. */
  readonly queue: Address | null;
  readonly registryVault: Address;
  readonly configEpoch: bigint;
  readonly nextExecutionAt: number;
  readonly policy: MarketSnapshot["policy"];
  readonly registered: number;
  readonly riskCaps: readonly RiskCapReading[];
  readonly strategies: readonly RegisteredStrategy[];
}

/** Plans the reads of vault, module, registry and guard. */
export function planCore(config: KeeperConfig, plan: ReadPlan): () => CoreState {
  const { vault, module, registry, guard } = config.addresses;
  const vaultUint = (name: string) => plan.need(null, `LiquidityVault.${name}`, viewUint(vaultInterface, vault, name));
  const nav = vaultUint("nav");
  const idle = vaultUint("idle");
  const totalDebt = vaultUint("totalDebt");
  const totalAssets = vaultUint("totalAssets");
  const totalSupply = vaultUint("totalSupply");
  const lockedProfit = vaultUint("lockedProfit");
  const minimumIdle = vaultUint("minimumIdle");
  const queueOwed = vaultUint("queueLiabilities");
  const queue = plan.need(
    null,
    "LiquidityVault.redeemQueue",
    view(vaultInterface, vault, "redeemQueue", [], (row) => addr(row, 0)),
  );
  const asset = plan.need(
    null,
    "LiquidityVault.asset",
    view(vaultInterface, vault, "asset", [], (row) => addr(row, 0)),
  );
  const configEpoch = plan.need(null, "ProposalModule.configEpoch", viewUint(moduleInterface, module, "configEpoch"));
  const nextExecutionAt = plan.need(
    null,
    "ProposalModule.nextExecutionAt",
    view(moduleInterface, module, "nextExecutionAt", [], (row) => int(row, 0)),
  );
  const policy = plan.need(
    null,
    "ProposalModule.policy",
    view(moduleInterface, module, "policy", [], (row) => {
      const policyRow = struct(row, 0);
      return {
        cooldown: int(policyRow, "cooldown"),
        maxTtl: int(policyRow, "maxTtl"),
        maxLossBps: int(policyRow, "maxLossBps"),
        windowLossBps: int(policyRow, "windowLossBps"),
        maxNavToleranceBps: int(policyRow, "maxNavToleranceBps"),
      };
    }),
  );
  const registryVault = plan.need(
    null,
    "StrategyRegistry.vault",
    view(registryInterface, registry, "vault", [], (row) => addr(row, 0)),
  );
  const count = plan.need(
    null,
    "StrategyRegistry.count",
    view(registryInterface, registry, "count", [], (row) => int(row, 0)),
  );
  const caps = Array.from({ length: RISK_IDS }, (_, riskId) =>
    plan.need(
      null,
      `StrategyRegistry.riskCap(${riskId})`,
      view(registryInterface, registry, "riskCap", [riskId], (row) => ({
        riskId,
        absoluteCap: assets(uint(row, "absoluteCap")),
        relativeCapBps: int(row, "relativeCapBps"),
      })),
    ),
  );
  const strategies = config.strategies.map((entry) => planStrategy(entry, { vault, registry, guard }, plan));
  return () => {
    const read = strategies.map((strategy) => strategy());
    const used = new Set(read.flatMap((strategy) => strategy.riskIds));
    return {
      vault: {
        address: vault,
        nav: assets(nav()),
        idle: assets(idle()),
        totalDebt: assets(totalDebt()),
        totalAssets: assets(totalAssets()),
        totalSupply: shares(totalSupply()),
        lockedProfit: assets(lockedProfit()),
        minimumIdle: assets(minimumIdle()),
        queueOwed: assets(queueOwed()),
      },
      asset: asset(),
      queue: queue() === ZeroAddress ? null : queue(),
      registryVault: registryVault(),
      configEpoch: configEpoch(),
      nextExecutionAt: nextExecutionAt(),
      policy: policy(),
      registered: count(),
      riskCaps: caps.map((cap) => cap()).filter(({ riskId }) => used.has(riskId)),
      strategies: read,
    };
  };
}

function planStrategy(
  entry: KeeperConfig["strategies"][number],
  { vault, registry, guard }: Readonly<Record<"vault" | "registry" | "guard", Address>>,
  plan: ReadPlan,
): () => RegisteredStrategy {
  const { id, name } = entry;
  const protocol = protocolOf(entry.protocol);
  const info = plan.need(
    name,
    `StrategyRegistry.strategy(${id})`,
    view(registryInterface, registry, "strategy", [id], (row) => {
      const record = struct(row, 0);
      const limits = struct(record, "limits");
      const bitmap = int(record, "riskIds");
      return {
        adapter: addr(record, "adapter"),
        state: member(STATES, record, "state"),
        riskIds: Array.from({ length: RISK_IDS }, (_, bit) => bit).filter(
          (bit) => Math.floor(bitmap / 2 ** bit) % 2 === 1,
        ),
        absoluteCap: uint(limits, "absoluteCap"),
        relativeCapBps: int(limits, "relativeCapBps"),
      };
    }),
  );
  const inflowLeft = plan.need(
    name,
    `StrategyRegistry.inflowLeft(${id})`,
    viewUint(registryInterface, registry, "inflowLeft", [id]),
  );
  const debt = plan.need(name, `LiquidityVault.debtOf(${id})`, viewUint(vaultInterface, vault, "debtOf", [id]));
  const quote = plan.need(
    name,
    `OracleGuard.quote(${id})`,
    view(guardInterface, guard, "quote", [id], (row) => {
      const record = struct(row, 0);
      return {
        status: member(STATUSES, record, "status"),
        sellFactor: wad(uint(record, "sellFactor")),
        buyFactor: wad(uint(record, "buyFactor")),
        rate: wad(uint(record, "rate")),
        marketWad: wad(uint(record, "marketWad")),
        updatedAt: int(record, "updatedAt"),
      };
    }),
  );
  const oracle = plan.need(
    name,
    `OracleGuard.oracle(${id})`,
    view(guardInterface, guard, "oracle", [id], (row) => {
      const record = struct(row, 0);
      const feed = addr(record, "feed");
      return {
        kind: member(ORACLE_KINDS, record, "kind"),
        feed: feed === ZeroAddress ? null : feed,
        heartbeat: int(record, "heartbeat"),
        margin: int(record, "margin"),
      };
    }),
  );
  return () => ({
    id,
    name,
    protocol,
    exitDelayDays: protocol.hasAsyncExit ? (entry.exitDelayDays ?? protocol.exitDelayDays) : 0,
    ...info(),
    inflowLeft: inflowLeft(),
    debt: debt(),
    quote: quote(),
    oracle: oracle(),
  });
}

/** What the adapter of one strategy says. */
export interface AdapterState {
  readonly id: number;
  readonly liquid: bigint;
  readonly pending: bigint;
  readonly claimable: bigint;
  readonly maxAllocate: bigint;
  readonly maxDeallocate: bigint;
  readonly targets: readonly Address[];
  /** Decimals of the market feed; null without one. */
  readonly feedDecimals: number | null;
}

/** What an adapter said, or the first thing it refused to say: one broken venue must not hold the others. */
export type VenueAnswer =
  | { readonly ok: true; readonly venue: AdapterState }
  | { readonly ok: false; readonly fault: string };

/** Plans the reads of one adapter, its immutables and its feed's decimals. */
export function planVenue(strategy: RegisteredStrategy, reads: Reads): () => VenueAnswer {
  const { id, adapter, protocol } = strategy;
  const ask = <T>(what: string, call: ViewCall<T>): (() => T) => reads.need({ ...call, what });
  const real = ask(
    "realAssets",
    view(adapterInterface, adapter, "realAssets", [], (row) => ({
      liquid: uint(row, "liquid"),
      pending: uint(row, "pending"),
      claimable: uint(row, "claimable"),
    })),
  );
  const maxAllocate = ask("maxAllocate", viewUint(adapterInterface, adapter, "maxAllocate"));
  const maxDeallocate = ask("maxDeallocate", viewUint(adapterInterface, adapter, "maxDeallocate"));
  const targets = protocol.targets(adapter).map((call) => ask("the venue's address", call));
  const { feed } = strategy.oracle;
  const decimals =
    feed === null
      ? null
      : ask(
          "the feed's decimals",
          view(feedInterface, feed, "decimals", [], (row) => int(row, 0)),
        );
  return () => {
    try {
      return {
        ok: true,
        venue: {
          id,
          ...real(),
          maxAllocate: maxAllocate(),
          maxDeallocate: maxDeallocate(),
          targets: targets.map((target) => target()),
          feedDecimals: decimals === null ? null : decimals(),
        },
      };
    } catch (error) {
      if (!(error instanceof VenueUnreadError)) throw error;
      return { ok: false, fault: `${error.what}: ${error.reason}` };
    }
  };
}

/** The feed's last round: answer in the feed's units and its time. */
export const feedRound = (feed: Address): ViewCall<{ readonly answer: bigint; readonly updatedAt: number }> =>
  view(feedInterface, feed, "latestRoundData", [], (row) => ({
    answer: uint(row, "answer"),
    updatedAt: int(row, "updatedAt"),
  }));
