/** Pools around Lido's token: Curve, Uniswap v3 and v4 (genuine code), Pendle (genuine code), Arrakis. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { type Contract, MaxUint256, parseEther } from "ethers";
import { z } from "zod";
import { ORACLE_KIND } from "../../deploy/plan.ts";
import { type Address, address } from "../../keeper/kernel/units.ts";
import { deployArrakisPool, sqrtPriceAt } from "../../test/support/arrakisPool.ts";
import { deployCurvePool } from "../../test/support/doubles.ts";
import { at, send } from "../../test/support/genuine/artifact.ts";
import { deployPendle } from "../../test/support/genuine/pendle.ts";
import { poolPrice } from "../../test/support/genuine/uniswap-v3.ts";
import { wethAt, wrapEth } from "../../test/support/genuine/weth.ts";
import { sqrtPriceOf } from "../../test/support/range.ts";
import { openV3Pool, openV4Pool } from "../../test/support/rangeMarkets.ts";
import { StEthDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/lido/StEthDouble__factory.ts";
import { WstEthDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/lido/WstEthDouble__factory.ts";
import { type Call, mineBlock } from "../block.ts";
import { type EmbeddedVenue, type Midnight, type Site, STAKING_GROWTH_BPS } from "./venue.ts";

const WAD = 10n ** 18n;
const SWAP_GAS = 400_000n;
const NO_DEADLINE = 2n ** 40n;
/** An order beyond any day's: it ends at the price limit. */
const TO_THE_LIMIT = 50_000n * WAD;
const CURVE_DEPTH = 50_000n * WAD;
const RANGE_BAND_BPS = 20;
/** Staking moves the price up some three hundred ticks a year: a range that lasts the demonstration without moving. */
const RANGE_TICKS = { below: 100, above: 400 } as const;
const PENDLE = { days: 540, depth: 20_000n * WAD, window: 900, bandBps: 50 } as const;

/** What holds wstETH follows the stETH feed, on the whole position: the cautious side. */
const followsStaking = ({ stakingFeed }: Site, maxRateGrowthBps = STAKING_GROWTH_BPS): EmbeddedVenue["oracle"] => ({
  kind: ORACLE_KIND.marketOfUnderlying,
  feed: stakingFeed.proxy,
  maxRateGrowthBps,
  slashBudgetBps: 50,
});

const wei = (ether: number): bigint => parseEther(ether.toFixed(6));
/** Market price of wstETH, WAD of ETH. */
const marketPrice = ({ stakingRate, stakingRatio }: Midnight): bigint =>
  (stakingRate * BigInt(Math.round(stakingRatio * 1e12))) / 10n ** 12n;
const isOdd = ({ time }: Midnight): boolean => Math.floor(time / 86_400) % 2 === 1;

interface Tokens {
  readonly signer: HardhatEthersSigner;
  readonly weth: Contract;
  readonly wstEth: Contract;
}

/** Both tokens as the operator holds them. */
async function tokensOf({ chain, weth, operator, lido }: Site): Promise<Tokens> {
  const signer = await chain.ethers.getSigner(operator);
  return {
    signer,
    weth: wethAt(weth, signer),
    wstEth: at(lido.addresses.wsteth, WstEthDouble__factory.createInterface(), signer),
  };
}

/** People sell `volume` one way on even days and the other way on odd ones; half of their fees stays with the pool. */
export async function deployCurve(site: Site): Promise<EmbeddedVenue> {
  const { chain, operator, lido } = site;
  const { signer, weth } = await tokensOf(site);
  const pool = await deployCurvePool(chain, signer, weth, lido.addresses.steth, CURVE_DEPTH);
  const poolAddress = address(await pool.getAddress());
  const steth = StEthDouble__factory.connect(lido.addresses.steth, signer);
  await (await steth.submit(operator, { value: CURVE_DEPTH })).wait();
  await (await steth.approve(poolAddress, MaxUint256)).wait();
  await wrapEth(weth, CURVE_DEPTH);
  await send(weth, "approve", poolAddress, MaxUint256);
  return {
    key: "curve",
    protocol: "curve",
    name: "Curve stETH/ETH",
    adapter: "CurveAdapter",
    targets: [poolAddress, poolAddress, true, RANGE_BAND_BPS],
    risks: ["liquidStaking", "pools"],
    oracle: followsStaking(site),
    feed: null,
    midnightCalls: async (day) => [
      {
        label: "people trade at Curve",
        from: operator,
        to: poolAddress,
        gas: SWAP_GAS,
        data: pool.interface.encodeFunctionData("exchange", [
          isOdd(day) ? 1n : 0n,
          isOdd(day) ? 0n : 1n,
          wei(day.volume),
          0n,
        ]),
      },
    ],
  };
}

type Encode = (
  zeroForOne: boolean,
  amountIn: bigint,
  limit: bigint,
) => { readonly data: string; readonly value?: bigint };

/**
 * A day's trades of a range pool: arbitrage to where the market stands, then `volume` away from there and back. Prices are
 * Q64.96 square roots.
 */
function tradesOf(
  name: string,
  to: Address,
  operator: Address,
  encode: Encode,
  day: Midnight,
  { price, target }: { readonly price: bigint; readonly target: bigint },
): readonly Call[] {
  const trade = (zeroForOne: boolean, amountIn: bigint, limit: bigint): Call => ({
    label: `people trade at ${name}`,
    from: operator,
    to,
    gas: SWAP_GAS,
    ...encode(zeroForOne, amountIn, limit),
  });
  const down = isOdd(day);
  // A tenth of the price is far beyond what a day's volume moves it by: the volume is used up before.
  const far = down ? target - target / 10n : target + target / 10n;
  return [
    ...(price === target ? [] : [trade(target < price, TO_THE_LIMIT, target)]),
    trade(down, wei(day.volume), far),
    trade(!down, TO_THE_LIMIT, target),
  ];
}

/** Ticks of the range around `centre`, towards where staking moves the price: down where ether is token0. */
const rangeAround = (centre: number, isEtherFirst: boolean): readonly [number, number] =>
  isEtherFirst
    ? [centre - RANGE_TICKS.above, centre + RANGE_TICKS.below]
    : [centre - RANGE_TICKS.below, centre + RANGE_TICKS.above];

export async function deployUniswapV3(site: Site): Promise<EmbeddedVenue> {
  const { operator, stakingRate } = site;
  const { signer, weth, wstEth } = await tokensOf(site);
  const { uniswap, pool, centre } = await openV3Pool(signer, weth, wstEth, stakingRate);
  const [wethAddress, wstEthAddress] = [await weth.getAddress(), await wstEth.getAddress()];
  const isEtherFirst = BigInt(wethAddress) < BigInt(wstEthAddress);
  const [token0, token1] = isEtherFirst ? [wethAddress, wstEthAddress] : [wstEthAddress, wethAddress];
  const fee = z.bigint().parse(await pool.getFunction("fee").staticCall());
  const encode: Encode = (zeroForOne, amountIn, limit) => ({
    data: uniswap.router.interface.encodeFunctionData("exactInputSingle", [
      {
        tokenIn: zeroForOne ? token0 : token1,
        tokenOut: zeroForOne ? token1 : token0,
        fee,
        recipient: operator,
        deadline: NO_DEADLINE,
        amountIn,
        amountOutMinimum: 0n,
        sqrtPriceLimitX96: limit,
      },
    ]),
  });
  return {
    key: "uniswapv3",
    protocol: "uniswap-v3",
    name: "Uniswap v3 wstETH/WETH",
    adapter: "UniswapV3Adapter",
    targets: [
      uniswap.addresses.positionManager,
      await pool.getAddress(),
      wstEthAddress,
      ...rangeAround(centre, isEtherFirst),
      RANGE_BAND_BPS,
    ],
    risks: ["liquidStaking", "pools"],
    oracle: followsStaking(site),
    feed: null,
    midnightCalls: async (day) =>
      tradesOf("Uniswap v3", address(uniswap.addresses.router), operator, encode, day, {
        price: (await poolPrice(pool)).sqrtPrice,
        target: sqrtPriceOf(marketPrice(day), isEtherFirst),
      }),
  };
}

const KEY_FIELDS = ["currency0", "currency1", "fee", "tickSpacing", "hooks"] as const;

export async function deployUniswapV4(site: Site): Promise<EmbeddedVenue> {
  const { operator, stakingRate } = site;
  const { signer, weth, wstEth } = await tokensOf(site);
  const { uniswap, key, poolId, centre } = await openV4Pool(signer, weth, wstEth, stakingRate);
  const encode: Encode = (zeroForOne, amountIn, limit) => ({
    // takeClaims, settleUsingBurn: neither; plain tokens on both sides.
    data: uniswap.router.interface.encodeFunctionData("swap", [
      KEY_FIELDS.map((field) => key[field]),
      [zeroForOne, -amountIn, limit],
      [false, false],
      "0x",
    ]),
    ...(zeroForOne ? { value: amountIn } : {}),
  });
  return {
    key: "uniswapv4",
    protocol: "uniswap-v4",
    name: "Uniswap v4 ETH/wstETH",
    adapter: "UniswapV4Adapter",
    targets: [
      uniswap.addresses.positionManager,
      uniswap.addresses.stateView,
      await wstEth.getAddress(),
      key.fee,
      key.tickSpacing,
      key.hooks,
      ...rangeAround(centre, true),
      RANGE_BAND_BPS,
    ],
    risks: ["liquidStaking", "pools"],
    oracle: followsStaking(site),
    feed: null,
    midnightCalls: async (day) => {
      const slot = await uniswap.stateView.getFunction("getSlot0").staticCall(poolId);
      return tradesOf("Uniswap v4", address(uniswap.addresses.router), operator, encode, day, {
        price: z.bigint().parse(slot[0]),
        target: sqrtPriceOf(marketPrice(day), true),
      });
    },
  };
}

/** A wstETH market that outlives the demonstration. Nobody trades: its price follows from time alone. */
export async function deployPendleMarket(site: Site): Promise<EmbeddedVenue> {
  const { chain, lido } = site;
  const { signer, weth, wstEth } = await tokensOf(site);
  await (await signer.sendTransaction({ to: lido.addresses.wsteth, value: 3n * PENDLE.depth })).wait();
  const wethAddress = await weth.getAddress();
  const { addresses } = await deployPendle(signer, wethAddress, wstEth, await chain.now(), PENDLE.days, PENDLE.depth);
  // The oracle needs observations of a whole window before it answers.
  for (let waited = 0; waited < 2 * PENDLE.window; waited += PENDLE.window)
    await mineBlock(chain, { timestamp: (await chain.now()) + PENDLE.window, calls: [] });
  return {
    key: "pendle",
    protocol: "pendle",
    name: "Pendle PT wstETH",
    adapter: "PendleAdapter",
    targets: [
      lido.addresses.wsteth,
      lido.addresses.withdrawalQueue,
      addresses.router,
      addresses.market,
      addresses.oracle,
      PENDLE.window,
      PENDLE.bandBps,
    ],
    risks: ["liquidStaking", "pools"],
    oracle: followsStaking(site, 1_500),
    feed: null,
    midnightCalls: async () => [],
  };
}

export async function deployArrakis(site: Site): Promise<EmbeddedVenue> {
  const { chain, operator, weth, lido, stakingRate } = site;
  const { vault, module, factory } = await deployArrakisPool(chain, weth, lido.addresses.wsteth, stakingRate, true);
  const moduleAddress = address(await module.getAddress());
  const isWethFirst = BigInt(weth) < BigInt(lido.addresses.wsteth);
  return {
    key: "arrakis",
    protocol: "arrakis",
    name: "Arrakis WETH/wstETH",
    adapter: "ArrakisAdapter",
    targets: [
      lido.addresses.wsteth,
      lido.addresses.withdrawalQueue,
      await vault.getAddress(),
      await factory.getAddress(),
    ],
    risks: ["liquidStaking", "pools"],
    oracle: followsStaking(site),
    feed: null,
    midnightCalls: async (day) => [
      {
        label: "arbitrage moves Arrakis' pool to the market",
        from: operator,
        to: moduleAddress,
        gas: 300_000n,
        data: module.interface.encodeFunctionData("setSpot", [sqrtPriceAt(marketPrice(day), isWethFirst)]),
      },
    ],
  };
}
