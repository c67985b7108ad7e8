/** The replay of a v4 pool against the genuine PoolManager of npm: amounts, fees and prices equal to the wei after each operation. */
import { expect } from "chai";
import { type Contract, ZeroAddress } from "ethers";
import { EngineError } from "../../../keeper/kernel/errors.ts";
import { ConcentratedPool } from "../../../keeper/math/concentrated/pool.ts";
import { floorToSpacing, sqrtPriceAtTick } from "../../../keeper/math/concentrated/ticks.ts";
import { send } from "../../support/genuine/artifact.ts";
import { deployUniswapV4, deployV4Tester, poolIdOf, type V4Key } from "../../support/genuine/uniswap-v4.ts";
import { deployWeth } from "../../support/genuine/weth.ts";
import { Seeded } from "../../support/seeded.ts";
import { connect } from "../../support/venue.ts";

const OPERATIONS = 170;
const SALT = `0x${"00".repeat(32)}`;

interface Market {
  readonly manager: Contract;
  readonly view: Contract;
  readonly liquidity: Contract;
  readonly donor: Contract;
  readonly router: Contract;
  readonly key: V4Key;
  readonly replay: ConcentratedPool;
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
  const uniswap = await deployUniswapV4(admin, await (await deployWeth(admin)).getAddress());
  const manager = uniswap.poolManager;
  const liquidity = await deployV4Tester("PoolModifyLiquidityTestNoChecks", admin, uniswap);
  const donor = await deployV4Tester("PoolDonateTest", admin, uniswap);
  const tokens = [];
  for (const name of ["one", "two"]) {
    const token = await ethers.deployContract("MintableDouble", [name, name]);
    await token.setIssuer(admin.address);
    await token.mint(admin.address, 1n << 200n);
    for (const spender of [liquidity, donor, uniswap.router])
      await token.approve(await spender.getAddress(), 1n << 255n);
    tokens.push(await token.getAddress());
  }
  const [currency0 = "", currency1 = ""] = tokens.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const key = { currency0, currency1, fee, tickSpacing: spacing, hooks: ZeroAddress };
  const price = sqrtPriceAtTick(tick) + 777n;
  await send(manager, "initialize", key, price);
  if (protocolFee[0] + protocolFee[1] > 0) {
    await send(manager, "setProtocolFeeController", admin.address);
    await send(manager, "setProtocolFee", key, protocolFee[0] + protocolFee[1] * 4_096);
  }
  const replay = new ConcentratedPool({ version: "v4", fee, tickSpacing: spacing, sqrtPrice: price, protocolFee });
  return { manager, view: uniswap.stateView, liquidity, donor, router: uniswap.router, key, replay };
}

/** Both halves of a BalanceDelta: token0 above, token1 below, 128 bits each and signed. */
const halves = (packed: bigint): [bigint, bigint] => [BigInt.asIntN(128, packed >> 128n), BigInt.asIntN(128, packed)];

async function perform(
  contract: Contract,
  signature: string,
  args: readonly unknown[],
): Promise<[bigint, bigint] | null> {
  const call = contract.getFunction(signature);
  let packed: bigint;
  try {
    packed = await call.staticCall(...args);
  } catch {
    return null;
  }
  await (await call.send(...args)).wait();
  return halves(packed);
}

function replayed(operation: () => [bigint, bigint]): [bigint, bigint] | null {
  try {
    return operation();
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

async function expectSameState(
  { view, manager, key, replay, liquidity }: Market,
  ranges: Iterable<string>,
  step: string,
) {
  const id = poolIdOf(key);
  const slot = await view.getFunction("getSlot0").staticCall(id);
  expect([slot.sqrtPriceX96, slot.tick], step).to.deep.equal([replay.sqrtPrice, BigInt(replay.tick)]);
  expect(await view.getFunction("getLiquidity").staticCall(id), step).to.equal(replay.liquidity);
  const { growth0, growth1 } = replay.feeGrowthGlobal;
  expect([...(await view.getFunction("getFeeGrowthGlobals").staticCall(id))], step).to.deep.equal([growth0, growth1]);
  const owed = manager.getFunction("protocolFeesAccrued");
  const { amount0, amount1 } = replay.protocolOwed;
  expect([await owed.staticCall(key.currency0), await owed.staticCall(key.currency1)], step).to.deep.equal([
    amount0,
    amount1,
  ]);
  for (const range of ranges) {
    const [lower = 0, upper = 0] = range.split(":").map(Number);
    const read = await view
      .getFunction("getPositionInfo(bytes32,address,int24,int24,bytes32)")
      .staticCall(id, await liquidity.getAddress(), lower, upper, SALT);
    const { liquidity: held, insideLast } = replay.position("a", lower, upper);
    expect([...read], step).to.deep.equal([held, insideLast.growth0, insideLast.growth1]);
    const tick = await view.getFunction("getTickInfo").staticCall(id, lower);
    const { gross, net, outside } = replay.tickAt(lower);
    expect([...tick], step).to.deep.equal([gross, net, outside.growth0, outside.growth1]);
  }
}

async function runOperations(market: Market, seed: bigint): Promise<Record<string, number>> {
  const { replay, key } = market;
  const random = new Seeded(seed);
  const ranges = new Set<string>();
  const seen: Record<string, number> = { modify: 0, donate: 0, swap: 0, refused: 0, crossings: 0 };
  const count = (name: string, by = 1) => {
    seen[name] = (seen[name] ?? 0) + by;
  };
  const fields = [key.currency0, key.currency1, key.fee, key.tickSpacing, key.hooks];
  const both = async (
    name: string,
    contract: Contract,
    signature: string,
    args: readonly unknown[],
    operation: () => [bigint, bigint],
  ) => {
    const genuine = await perform(contract, signature, args);
    const step = `seed ${seed}, ${name} ${JSON.stringify(args.slice(1, 2), (_k, v) => (typeof v === "bigint" ? v.toString() : v))}`;
    expect(replayed(operation), step).to.deep.equal(genuine);
    count(genuine === null ? "refused" : name);
    await expectSameState(market, [], step);
    return genuine !== null;
  };
  for (let i = 0; i < OPERATIONS; i++) {
    const dice = i < 4 ? 0n : random.between(0n, 99n);
    if (dice < 40n) {
      const known = [...ranges][Number(random.between(0n, BigInt(Math.max(0, ranges.size - 1))))];
      const reach = BigInt(key.tickSpacing) * (random.between(0n, 3n) === 0n ? 400n : 30n);
      const end = () => floorToSpacing(replay.tick + Number(random.between(-reach, reach)), key.tickSpacing);
      const [a, b] = [end(), end()];
      const isKnown = known !== undefined && random.between(0n, 2n) !== 0n;
      const [lower = 0, upper = 0] = isKnown
        ? known.split(":").map(Number)
        : [Math.min(a, b), Math.max(a, b) + (a === b ? key.tickSpacing : 0)];
      const held = replay.position("a", lower, upper).liquidity;
      const kind = isKnown ? random.between(0n, 5n) : 5n;
      const delta =
        kind === 0n
          ? 0n
          : kind === 1n
            ? -held - 1n
            : kind === 2n
              ? -held
              : kind < 5n
                ? -random.between(0n, held)
                : random.magnitude(1n, 10n ** 24n);
      const signature = "modifyLiquidity((address,address,uint24,int24,address),(int24,int24,int256,bytes32),bytes)";
      const done = await both(
        "modify",
        market.liquidity,
        signature,
        [fields, [lower, upper, delta, SALT], "0x"],
        () => {
          const { principal, fees } = replay.modify("a", lower, upper, delta);
          const sign = delta > 0n ? -1n : 1n;
          return [sign * principal.amount0 + fees.amount0, sign * principal.amount1 + fees.amount1];
        },
      );
      if (done) ranges.add(`${lower}:${upper}`);
    } else if (dice < 45n) {
      const gift = { amount0: random.magnitude(1n, 10n ** 20n), amount1: random.magnitude(1n, 10n ** 20n) };
      const signature = "donate((address,address,uint24,int24,address),uint256,uint256,bytes)";
      await both("donate", market.donor, signature, [fields, gift.amount0, gift.amount1, "0x"], () => {
        replay.donate(gift);
        return [-gift.amount0, -gift.amount1];
      });
    } else {
      const zeroForOne = random.between(0n, 1n) === 0n;
      const size = random.magnitude(1n, 10n ** 24n);
      const exactIn = random.between(0n, 2n) !== 0n;
      const reach = Number(random.magnitude(1n, BigInt(key.tickSpacing) * 200n));
      const wrong = random.between(0n, 40n) === 0n;
      const target = replay.tick + (zeroForOne !== wrong ? -reach : reach);
      const limit = sqrtPriceAtTick(Math.min(Math.max(target, -500_000), 500_000)) + random.between(0n, 2n);
      const signature = "swap((address,address,uint24,int24,address),(bool,int256,uint160),(bool,bool),bytes)";
      const params = [zeroForOne, exactIn ? -size : size, limit];
      await both("swap", market.router, signature, [fields, params, [false, false], "0x"], () => {
        const result = replay.swap(zeroForOne, exactIn ? size : -size, limit);
        count("crossings", result.crossed);
        return [-result.amount0, -result.amount1];
      });
    }
    if (i % 20 === 19) await expectSameState(market, ranges, `seed ${seed}, books`);
  }
  await expectSameState(market, ranges, `seed ${seed}, books`);
  return seen;
}

describe("replay of a v4 pool", () => {
  const cases: readonly Case[] = [
    { seed: 21n, fee: 100, spacing: 1, tick: -1_513, protocolFee: [0, 0] },
    { seed: 22n, fee: 3_000, spacing: 60, tick: 40_007, protocolFee: [1_000, 250] },
    { seed: 23n, fee: 0, spacing: 10, tick: -90_003, protocolFee: [500, 1] },
    { seed: 24n, fee: 250_000, spacing: 77, tick: 5, protocolFee: [0, 999] },
  ];
  for (const settings of cases) {
    it(`behavior: ${OPERATIONS} random operations equal the genuine manager to the wei (seed ${settings.seed}, fee ${settings.fee})`, async function () {
      this.timeout(120_000);
      const market = await deployMarket(settings);
      const seen = await runOperations(market, settings.seed);
      for (const name of ["modify", "donate", "swap", "refused", "crossings"])
        expect(seen[name], `${name}: ${JSON.stringify(seen)}`).to.be.above(1);
    });
  }
});
