/**
 * Stage observe for range strategies: where the range stands, the pool at the pinned block, and the pair's past by the staking
 * token's own rate and the guard's market feed. The pool's price is read once, to be compared; the past is not the pool's.
 */
import { IFeed__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/chainlink/IFeed__factory.ts";
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { IOracleGuard__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IOracleGuard__factory.ts";
import { IRangeAdapter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IRangeAdapter__factory.ts";
import { type ChainClient, decodeHeader, headerCall, resultOf } from "../chain/client.ts";
import { addr, int, struct } from "../chain/fields.ts";
import {
  aggregateCall,
  blockTimestamp,
  decodeAggregate,
  multicallAtBlocks,
  type ViewCall,
  view,
} from "../chain/multicall.ts";
import type { KeeperConfig } from "../config/schema.ts";
import type { MarketSnapshot, StrategyReading } from "../kernel/artifacts.ts";
import type { RangeReading } from "../kernel/ranges.ts";
import { type Address, type Assets, assets, fromWad, toWad } from "../kernel/units.ts";
import { priceOfSqrt, sqrtPriceAtTick } from "../math/concentrated/ticks.ts";
import { protocolOf } from "../protocols/index.ts";
import type { RangeVenue } from "../protocols/protocol.ts";
import { RequiredReadError } from "./errors.ts";
import { marketRatio } from "./history.ts";
import { feedRound, ORACLE_KINDS, ReadPlan } from "./state.ts";
import { anchorBlocks, blockAt, dayTargets, sortTimed } from "./timeline.ts";

const rangeInterface = IRangeAdapter__factory.createInterface();
const guardInterface = IOracleGuard__factory.createInterface();
const vaultInterface = ILiquidityVault__factory.createInterface();
const feedInterface = IFeed__factory.createInterface();

interface Asked {
  readonly strategy: StrategyReading;
  readonly venue: RangeVenue;
  readonly volumePerDay: Assets;
}

function asked(config: KeeperConfig, snapshot: MarketSnapshot): readonly Asked[] {
  return config.strategies.flatMap((entry) => {
    const strategy = snapshot.strategies.find(({ id }) => id === entry.id);
    const venue = protocolOf(entry.protocol).range;
    if (entry.range === undefined || strategy === undefined || venue === undefined) return [];
    return [{ strategy, venue, volumePerDay: assets(toWad(entry.range.volumePerDayEth)) }];
  });
}

async function readAt<T>(client: ChainClient, config: KeeperConfig, block: number, plan: ReadPlan, read: () => T) {
  const call = aggregateCall(config.addresses.multicall, plan.calls, block);
  const [answer] = await client.batch([call]);
  if (answer === undefined) throw new RequiredReadError(null, "the ranges", "no answer");
  plan.settle(decodeAggregate(call, answer, plan.calls));
  return read();
}

/** Adapter, guard and vault. */
function planAdapter({ strategy, venue }: Asked, config: KeeperConfig, plan: ReadPlan) {
  const { name, adapter, id } = strategy;
  const tick = (which: string) =>
    plan.need(
      name,
      which,
      view(rangeInterface, adapter, which, [], (row) => int(row, 0)),
    );
  const ends = [tick("tickLower"), tick("tickUpper"), tick("tickSpacing")] as const;
  const own = plan.need(name, "its liquidity", venue.ownLiquidity(adapter));
  const handles = venue.handles(adapter).map((call) => plan.need(name, "the pool's address", call));
  const oracle = plan.need(
    name,
    `OracleGuard.oracle(${id})`,
    view(guardInterface, config.addresses.guard, "oracle", [id], (row) => {
      const record = struct(row, 0);
      return { feed: addr(record, "feed"), kind: ORACLE_KINDS[int(record, "kind")] ?? "None" };
    }),
  );
  return () => ({
    tickLower: ends[0](),
    tickUpper: ends[1](),
    tickSpacing: ends[2](),
    own: own(),
    handles: handles.map((handle) => handle()),
    oracle: oracle(),
  });
}
type AdapterState = ReturnType<ReturnType<typeof planAdapter>>;

function planPool({ strategy, venue }: Asked, { handles, oracle }: AdapterState, asset: Address, plan: ReadPlan) {
  const { name } = strategy;
  const price = plan.need(name, "the pool's price", venue.sqrtPrice(handles));
  const liquidity = plan.need(name, "the pool's liquidity", venue.liquidity(handles));
  const fee = plan.need(name, "the pool's fee", venue.fee(handles));
  const isToken0 = plan.need(name, "the pool's tokens", venue.assetIsToken0(handles, asset));
  const decimals = plan.want(view(feedInterface, oracle.feed, "decimals", [], (row) => int(row, 0)));
  return () => ({
    sqrtPrice: price(),
    liquidity: liquidity(),
    fee: fee(),
    assetIsToken0: isToken0(),
    decimals: decimals(),
  });
}
type PoolReading = ReturnType<ReturnType<typeof planPool>>;

interface PastRow {
  readonly time: number;
  readonly rate: bigint;
  readonly answer: bigint;
}

/** One row a day by real block times; what a block did not answer is absent. */
async function pastOf(
  client: ChainClient,
  config: KeeperConfig,
  snapshot: MarketSnapshot,
  calls: readonly [ViewCall<bigint>, ReturnType<typeof feedRound>],
): Promise<readonly PastRow[]> {
  const { blockNumber, timestamp } = snapshot.provenance;
  const pinned = { number: blockNumber, timestamp };
  const headers = anchorBlocks(pinned, config.history.days, client.maxBatch).map(headerCall);
  const answers = await client.batch(headers);
  const anchors = headers.flatMap((call, index) => {
    const answer = answers[index];
    return answer === undefined ? [] : [decodeHeader(resultOf(call, answer), "latest")];
  });
  const points = sortTimed([...anchors, pinned]);
  const blocks = dayTargets(pinned, config.history.days).flatMap((target) => blockAt(points, target) ?? []);
  const wanted = [...new Set([...blocks, blockNumber])].sort((a, b) => a - b);
  const time = blockTimestamp(config.addresses.multicall);
  const [rateCall, roundCall] = calls;
  // One list of one type: each answer is kept as the two or one integers it is.
  const reads: readonly ViewCall<readonly bigint[]>[] = [
    { ...time, decode: (data) => [time.decode(data)] },
    { ...rateCall, decode: (data) => [rateCall.decode(data)] },
    {
      ...roundCall,
      decode: (data) => {
        const { answer, updatedAt } = roundCall.decode(data);
        return updatedAt === 0 ? [] : [answer];
      },
    },
  ];
  const rows = await multicallAtBlocks(client, config.addresses.multicall, reads, wanted);
  const seen = new Set<number>();
  return rows.flatMap((outcomes) => {
    const [at, rate, answer] = outcomes.map((outcome) => (outcome.ok ? outcome.value[0] : undefined));
    if (at === undefined || rate === undefined || answer === undefined || rate === 0n || answer <= 0n) return [];
    if (seen.has(Number(at))) return [];
    seen.add(Number(at));
    return [{ time: Number(at), rate, answer }];
  });
}

/**
 * Reads every range strategy that the configuration asks to manage; none asked, nothing read.
 * @param gasCost Gas of one reposition of a strategy, asset units.
 * @throws {RequiredReadError} when the chain does not answer, {BlockHashMismatchError} when the pinned block is gone.
 */
export async function observeRanges(
  client: ChainClient,
  config: KeeperConfig,
  snapshot: MarketSnapshot,
  gasCost: (strategy: StrategyReading) => Assets,
): Promise<readonly RangeReading[]> {
  const wanted = asked(config, snapshot);
  if (wanted.length === 0) return [];
  const { blockNumber, blockHash } = snapshot.provenance;
  const first = new ReadPlan();
  const readAsset = first.need(
    null,
    "LiquidityVault.asset",
    view(vaultInterface, config.addresses.vault, "asset", [], (row) => addr(row, 0)),
  );
  const adapters = wanted.map((one) => planAdapter(one, config, first));
  const { asset, states } = await readAt(client, config, blockNumber, first, () => ({
    asset: readAsset(),
    states: adapters.map((read) => read()),
  }));
  const second = new ReadPlan();
  const pairs = wanted.flatMap((one, index) => {
    const state = states[index];
    return state === undefined ? [] : [{ one, state, read: planPool(one, state, asset, second) }];
  });
  const pools = await readAt(client, config, blockNumber, second, () => pairs.map(({ read }) => read()));
  const readings: RangeReading[] = [];
  for (const [index, { one, state }] of pairs.entries()) {
    const pool = pools[index];
    if (pool !== undefined) readings.push(await readingOf(client, config, snapshot, one, state, pool, gasCost));
  }
  await client.recheck({ number: blockNumber, hash: blockHash });
  return readings;
}

async function readingOf(
  client: ChainClient,
  config: KeeperConfig,
  snapshot: MarketSnapshot,
  { strategy, venue, volumePerDay }: Asked,
  state: AdapterState,
  pool: PoolReading,
  gasCost: (strategy: StrategyReading) => Assets,
): Promise<RangeReading> {
  const { decimals, assetIsToken0 } = pool;
  const { kind, feed } = state.oracle;
  if (!decimals.ok || (kind !== "MarketOfUnderlying" && kind !== "MarketOfToken")) {
    const reason = `the guard has no market feed for it (${kind}): the pair's past cannot be known without the pool's own price`;
    return { kind: "unknown", strategyId: strategy.id, reason };
  }
  const rows = await pastOf(client, config, snapshot, [venue.stakingRate(state.handles), feedRound(feed)]);
  const rates = rows.map(({ rate }) => fromWad(rate));
  const prices = rows.map(
    ({ rate, answer }) => fromWad(rate) * fromWad(marketRatio(kind, answer, decimals.value, rate)),
  );
  const perToken = priceOfSqrt(pool.sqrtPrice);
  const price = assetIsToken0 ? 1 / perToken : perToken;
  const isInside = isInRange(pool.sqrtPrice, state);
  const others = isInside ? pool.liquidity - state.own : pool.liquidity;
  return {
    kind: "market",
    strategyId: strategy.id,
    market: {
      asOf: snapshot.provenance.timestamp,
      times: rows.map(({ time }) => time),
      prices,
      rates,
      legs: null,
      pool: {
        fee: pool.fee,
        tickSpacing: state.tickSpacing,
        assetIsToken0,
        price,
        volumePerDay,
        othersLiquidity: others > 0n ? others : 0n,
      },
      value: strategy.value,
      current: state.own === 0n ? null : { tickLower: state.tickLower, tickUpper: state.tickUpper },
      gasCost: gasCost(strategy),
      // What is sold meets others' liquidity within the adapter's band; the fee comes on top.
      slippage: SLIPPAGE,
    },
  };
}

/** Half of the adapters' planned band of 20 bps: a sale may end at the band and starts near the rate. */
const SLIPPAGE = 0.001;

function isInRange(sqrtPrice: bigint, { tickLower, tickUpper }: AdapterState): boolean {
  return sqrtPrice >= sqrtPriceAtTick(tickLower) && sqrtPrice < sqrtPriceAtTick(tickUpper);
}
