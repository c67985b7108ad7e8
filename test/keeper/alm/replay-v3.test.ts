/** The replay of a v3 pool against the genuine Uniswap v3 of npm: random operations, equal to the wei after each. */
import { expect } from "chai";
import { type BaseContract, type Contract, solidityPackedKeccak256 } from "ethers";
import { EngineError } from "../../../keeper/kernel/errors.ts";
import { ConcentratedPool } from "../../../keeper/math/concentrated/pool.ts";
import {
  floorToSpacing,
  MAX_SQRT_PRICE,
  MAX_TICK,
  MIN_SQRT_PRICE,
  sqrtPriceAtTick,
} from "../../../keeper/math/concentrated/ticks.ts";
import { readBigint, send } from "../../support/genuine/artifact.ts";
import { createPool, deployUniswapV3 } from "../../support/genuine/uniswap-v3.ts";
import { deployWeth } from "../../support/genuine/weth.ts";
import { Seeded } from "../../support/seeded.ts";
import { connect } from "../../support/venue.ts";

const OWNER = "caller";
const OPERATIONS = 220;

interface Market {
  readonly genuine: Contract;
  readonly caller: BaseContract;
  readonly replay: ConcentratedPool;
  readonly spacing: number;
}

interface Case {
  readonly seed: bigint;
  readonly fee: number;
  readonly spacing: number;
  readonly tick: number;
  readonly protocolFee: readonly [number, number];
}

async function deployMarket({ fee, spacing, tick, protocolFee }: Case): Promise<Market> {
  const { ethers } = await connect();
  const [admin] = await ethers.getSigners();
  if (!admin) return expect.fail("the network has no account");
  const uniswap = await deployUniswapV3(admin, await (await deployWeth(admin)).getAddress());
  const tokens = [];
  for (const name of ["one", "two"]) tokens.push(await ethers.deployContract("MintableDouble", [name, name]));
  const addresses = await Promise.all(tokens.map((token) => token.getAddress()));
  const [token0 = "", token1 = ""] = addresses.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const price = sqrtPriceAtTick(tick) + 12_345n;
  const genuine = await createPool(uniswap, admin, [token0, token1], fee, price);
  const caller = await ethers.deployContract("PoolCallerDouble", [await genuine.getAddress()]);
  for (const token of tokens) {
    await token.setIssuer(admin.address);
    await token.mint(await caller.getAddress(), 1n << 250n);
  }
  if (protocolFee[0] + protocolFee[1] > 0) await send(genuine, "setFeeProtocol", ...protocolFee);
  return {
    genuine,
    caller,
    replay: new ConcentratedPool({ version: "v3", fee, tickSpacing: spacing, sqrtPrice: price, protocolFee }),
    spacing,
  };
}

/** The call's result, then the call itself; null when the genuine contracts revert. */
async function perform(caller: BaseContract, method: string, args: readonly unknown[]): Promise<bigint[] | null> {
  const call = caller.getFunction(method);
  let result: Iterable<bigint>;
  try {
    result = await call.staticCall(...args);
  } catch {
    return null;
  }
  await (await call.send(...args)).wait();
  return [...result];
}

function replayed(operation: () => readonly bigint[]): readonly bigint[] | null {
  try {
    return operation();
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

async function expectSameState({ genuine, replay }: Market, step: string): Promise<void> {
  const slot = await genuine.getFunction("slot0").staticCall();
  expect([slot.sqrtPriceX96, slot.tick], step).to.deep.equal([replay.sqrtPrice, BigInt(replay.tick)]);
  expect(await readBigint(genuine, "liquidity"), step).to.equal(replay.liquidity);
  const { growth0, growth1 } = replay.feeGrowthGlobal;
  expect(await readBigint(genuine, "feeGrowthGlobal0X128"), step).to.equal(growth0);
  expect(await readBigint(genuine, "feeGrowthGlobal1X128"), step).to.equal(growth1);
}

async function expectSameBooks(market: Market, ranges: ReadonlySet<string>): Promise<void> {
  const { genuine, replay, caller } = market;
  const fees = await genuine.getFunction("protocolFees").staticCall();
  expect([fees.token0, fees.token1]).to.deep.equal([replay.protocolOwed.amount0, replay.protocolOwed.amount1]);
  const touched = new Set([...ranges].flatMap((range) => range.split(":").map(Number)));
  for (const tick of touched) {
    const read = await genuine.getFunction("ticks").staticCall(tick);
    const { gross, net, outside } = replay.tickAt(tick);
    expect([
      read.liquidityGross,
      read.liquidityNet,
      read.feeGrowthOutside0X128,
      read.feeGrowthOutside1X128,
      read.initialized,
    ]).to.deep.equal([gross, net, outside.growth0, outside.growth1, gross > 0n]);
  }
  for (const range of ranges) {
    const [lower = 0, upper = 0] = range.split(":").map(Number);
    const key = solidityPackedKeccak256(["address", "int24", "int24"], [await caller.getAddress(), lower, upper]);
    const read = await genuine.getFunction("positions").staticCall(key);
    const { liquidity, insideLast, owed0, owed1 } = replay.position(OWNER, lower, upper);
    expect([...read]).to.deep.equal([liquidity, insideLast.growth0, insideLast.growth1, owed0, owed1]);
  }
}

/** A range about the present tick (near, far or one-sided), sometimes off the spacing or upside down. */
function randomRange(random: Seeded, { replay, spacing }: Market): [number, number] {
  const reach = random.between(0n, 3n) === 0n ? 60_000n : BigInt(spacing) * 40n;
  const end = () => floorToSpacing(replay.tick + Number(random.between(-reach, reach)), spacing);
  const [a, b] = [end(), end()];
  if (random.between(0n, 40n) === 0n) return [Math.max(a, b), Math.min(a, b)];
  const shift = spacing > 1 && random.between(0n, 40n) === 0n ? 1 : 0;
  return [Math.min(a, b) + shift, Math.max(a, b) + (a === b ? spacing : 0)];
}

async function runOperations(market: Market, seed: bigint): Promise<Record<string, number>> {
  const { replay, caller } = market;
  const random = new Seeded(seed);
  const ranges = new Set<string>();
  const seen: Record<string, number> = { mint: 0, burn: 0, collect: 0, swap: 0, refused: 0, crossings: 0, dry: 0 };
  const count = (name: string, by = 1) => {
    seen[name] = (seen[name] ?? 0) + by;
  };
  const both = async (name: string, method: string, args: readonly unknown[], operation: () => readonly bigint[]) => {
    const genuine = await perform(caller, method, args);
    const ours = replayed(operation);
    const step = `seed ${seed}, ${method}(${args.join(", ")})`;
    expect(ours, step).to.deep.equal(genuine);
    count(genuine === null ? "refused" : name);
    await expectSameState(market, step);
    return genuine !== null;
  };
  const anyRange = (): [number, number] => {
    const known = [...ranges][Number(random.between(0n, BigInt(Math.max(0, ranges.size - 1))))];
    const [lower = 0, upper = 0] = known === undefined ? randomRange(random, market) : known.split(":").map(Number);
    return [lower, upper];
  };
  for (let i = 0; i < OPERATIONS; i++) {
    const dice = i < 4 ? 0n : random.between(0n, 99n);
    if (dice < 18n) {
      const [lower, upper] = random.between(0n, 2n) === 0n ? anyRange() : randomRange(random, market);
      const most = replay.maxLiquidityPerTick;
      // Every order of magnitude, now and then more than a tick may carry.
      const liquidity = random.between(0n, 30n) === 0n ? most + 1n : random.magnitude(1n, 10n ** 26n);
      const done = await both("mint", "mint", [lower, upper, liquidity], () => {
        const { amount0, amount1 } = replay.mint(OWNER, lower, upper, liquidity);
        return [amount0, amount1];
      });
      if (done) ranges.add(`${lower}:${upper}`);
    } else if (dice < 36n) {
      const [lower, upper] = anyRange();
      const held = replay.position(OWNER, lower, upper).liquidity;
      const part = random.between(0n, 6n);
      const liquidity = part === 0n ? 0n : part === 1n ? held + 1n : part < 4n ? held : random.between(0n, held);
      await both("burn", "burn", [lower, upper, liquidity], () => {
        const { amount0, amount1 } = replay.burn(OWNER, lower, upper, liquidity);
        return [amount0, amount1];
      });
    } else if (dice < 46n) {
      const [lower, upper] = anyRange();
      const most = { amount0: random.magnitude(1n, 1n << 127n), amount1: random.magnitude(1n, 1n << 127n) };
      await both("collect", "collect", [lower, upper, most.amount0, most.amount1], () => {
        const { amount0, amount1 } = replay.collect(OWNER, lower, upper, most);
        return [amount0, amount1];
      });
    } else {
      const zeroForOne = random.between(0n, 1n) === 0n;
      const size = random.magnitude(1n, 10n ** 25n);
      const amount = random.between(0n, 2n) === 0n ? -size : size;
      const reach = Number(random.magnitude(1n, 20_000n));
      const limitTick = Math.min(Math.max(replay.tick + (zeroForOne ? -reach : reach), 1 - MAX_TICK), MAX_TICK - 1);
      const extreme = zeroForOne ? MIN_SQRT_PRICE + 1n : MAX_SQRT_PRICE - 1n;
      const how = random.between(0n, 49n);
      const wrong = zeroForOne ? replay.sqrtPrice + 1n : replay.sqrtPrice;
      // Mostly a limit on or beside a tick; now and then none, or one on the wrong side. With a spacing of 1 the whole scale
      // has 3,466 bitmap words, more than one transaction's gas pays for.
      const limit =
        how === 0n && market.spacing > 1
          ? extreme
          : how === 1n
            ? wrong
            : sqrtPriceAtTick(limitTick) + random.between(0n, 2n);
      await both("swap", "swap", [zeroForOne, amount, limit], () => {
        const result = replay.swap(zeroForOne, amount, limit);
        count("crossings", result.crossed);
        if (result.liquidity === 0n) count("dry");
        return [result.amount0, result.amount1];
      });
      // An empty side would leave the pool at the end of the scale for good.
      if (Math.abs(replay.tick) > 400_000) {
        const back = replay.tick > 0;
        await both("swap", "swap", [back, 10n ** 30n, sqrtPriceAtTick(1_500)], () => {
          const result = replay.swap(back, 10n ** 30n, sqrtPriceAtTick(1_500));
          return [result.amount0, result.amount1];
        });
      }
    }
    if (i % 20 === 19) await expectSameBooks(market, ranges);
  }
  await expectSameBooks(market, ranges);
  return seen;
}

describe("replay of a v3 pool", () => {
  const cases: readonly Case[] = [
    { seed: 1n, fee: 100, spacing: 1, tick: 1_513, protocolFee: [0, 0] },
    { seed: 2n, fee: 3_000, spacing: 60, tick: -200_311, protocolFee: [4, 10] },
    { seed: 3n, fee: 10_000, spacing: 200, tick: 90_017, protocolFee: [0, 7] },
    { seed: 4n, fee: 500, spacing: 10, tick: 0, protocolFee: [5, 0] },
  ];
  for (const settings of cases) {
    it(`behavior: ${OPERATIONS} random operations equal the genuine pool to the wei (seed ${settings.seed}, fee ${settings.fee})`, async function () {
      this.timeout(120_000);
      const market = await deployMarket(settings);
      const seen = await runOperations(market, settings.seed);
      // The sequence must have been where mistakes hide.
      for (const name of ["mint", "burn", "collect", "swap", "refused", "crossings", "dry"])
        expect(seen[name], `${name}: ${JSON.stringify(seen)}`).to.be.above(1);
      const paid = replayed(() => {
        const { amount0, amount1 } = market.replay.collectProtocol();
        return [amount0, amount1];
      });
      const { genuine } = market;
      const to = await market.caller.getAddress();
      const all = (1n << 128n) - 1n;
      const collect = genuine.getFunction("collectProtocol");
      expect(paid).to.deep.equal([...(await collect.staticCall(to, all, all))]);
      await (await collect.send(to, all, all)).wait();
      await expectSameBooks(market, new Set());
    });
  }
});
