/** Pools of ether and wstETH with liquidity of others, at Lido's rate: what a range adapter enters. */
import { type Contract, ZeroAddress } from "ethers";
import type { Account, Deployer } from "./deployer.ts";
import { deployLidoDouble, type LidoDouble } from "./doubles.ts";
import { at, send } from "./genuine/artifact.ts";
import { createPool, deployUniswapV3, mintRange, type UniswapV3Deployment } from "./genuine/uniswap-v3.ts";
import { deployUniswapV4, mintV4, poolIdOf, type UniswapV4Deployment, type V4Key } from "./genuine/uniswap-v4.ts";
import { wrapEth } from "./genuine/weth.ts";
import { sqrtPriceOf, tickNear } from "./range.ts";
import { ETHER } from "./units.ts";

/** The 1 bp tier, in which wstETH/WETH trades on mainnet. */
export const V3_FEE = 100;
/** About 1,200 ether within 20 bps of the price on either side. */
const DEPTH = [60_000n * ETHER, 70_000n * ETHER] as const;
const HALF_WIDTH = 2_000;

/** Gives an account both tokens and lets `spenders` take them. */
export async function stock(
  account: Account,
  weth: Contract,
  wstEth: Contract,
  spenders: readonly string[],
): Promise<void> {
  const wethMine = at(await weth.getAddress(), weth.interface, account);
  const wstEthMine = at(await wstEth.getAddress(), wstEth.interface, account);
  await wrapEth(wethMine, 200_000n * ETHER);
  await account.sendTransaction({ to: await wstEth.getAddress(), value: 200_000n * ETHER });
  for (const token of [wethMine, wstEthMine]) {
    for (const spender of spenders) await send(token, "approve", spender, 10n ** 30n);
  }
}

export interface V3Market {
  readonly lido: LidoDouble;
  readonly uniswap: UniswapV3Deployment;
  readonly pool: Contract;
  /** Tick of the rate. */
  readonly centre: number;
}

/** Ticks between possible ends of a range, by fee tier. */
const SPACING = { 100: 1, 500: 10 } as const;
export type V3Fee = keyof typeof SPACING;

/**
 * A wstETH/WETH pool of Uniswap v3 at `rate`, deep for 20 % to either side. `admin` needs 500,000 ether. Mainnet's order has
 * wstETH as token0.
 */
export async function deployV3Market(
  deployer: Deployer,
  admin: Account,
  weth: Contract,
  rate: bigint,
  isWethFirst = false,
  fee: V3Fee = V3_FEE,
): Promise<V3Market> {
  const wethAddress = BigInt(await weth.getAddress());
  // Addresses follow the deployer's nonce, so this ends the same way each time.
  let lido = await deployLidoDouble(deployer, rate);
  while (wethAddress < BigInt(await lido.wstEth.getAddress()) !== isWethFirst)
    lido = await deployLidoDouble(deployer, rate);
  const wstEth = at(await lido.wstEth.getAddress(), lido.wstEth.interface, admin);
  return { lido, ...(await openV3Pool(admin, weth, wstEth, rate, fee)) };
}

/** The pool alone, over a wstETH that is there already, whatever its place among the two. */
export async function openV3Pool(admin: Account, weth: Contract, wstEth: Contract, rate: bigint, fee: V3Fee = V3_FEE) {
  const [wethAddress, wstEthAddress] = [await weth.getAddress(), await wstEth.getAddress()];
  const isWethFirst = BigInt(wethAddress) < BigInt(wstEthAddress);
  const tokens: readonly [string, string] = isWethFirst ? [wethAddress, wstEthAddress] : [wstEthAddress, wethAddress];
  const uniswap = await deployUniswapV3(admin, wethAddress);
  const price = sqrtPriceOf(rate, isWethFirst);
  const centre = Math.round(tickNear(price) / SPACING[fee]) * SPACING[fee];
  const pool = await createPool(uniswap, admin, tokens, fee, price);
  const { positionManager, router } = uniswap.addresses;
  await stock(admin, weth, wstEth, [positionManager, router]);
  const depth = isWethFirst ? ([DEPTH[1], DEPTH[0]] as const) : DEPTH;
  await mintRange(uniswap, admin, pool, [centre - HALF_WIDTH, centre + HALF_WIDTH], depth);
  return { uniswap, pool, centre };
}

export interface V4Market {
  readonly lido: LidoDouble;
  readonly uniswap: UniswapV4Deployment;
  readonly key: V4Key;
  readonly poolId: string;
  readonly centre: number;
}

/** Liquidity of about the same depth as the v3 market's. */
const V4_LIQUIDITY = 600_000n * ETHER;

/** An ether/wstETH pool of Uniswap v4 without hooks. `admin` needs 500,000 ether. */
export async function deployV4Market(
  deployer: Deployer,
  admin: Account,
  weth: Contract,
  rate: bigint,
): Promise<V4Market> {
  const lido = await deployLidoDouble(deployer, rate);
  const wstEth = at(await lido.wstEth.getAddress(), lido.wstEth.interface, admin);
  return { lido, ...(await openV4Pool(admin, weth, wstEth, rate)) };
}

/** The pool alone, over a wstETH that is there already. */
export async function openV4Pool(admin: Account, weth: Contract, wstEth: Contract, rate: bigint) {
  const wstEthAddress = await wstEth.getAddress();
  const uniswap = await deployUniswapV4(admin, await weth.getAddress());
  const key: V4Key = { currency0: ZeroAddress, currency1: wstEthAddress, fee: 100, tickSpacing: 1, hooks: ZeroAddress };
  const price = sqrtPriceOf(rate, true);
  const centre = tickNear(price);
  await send(uniswap.poolManager, "initialize", key, price);
  const { permit2, positionManager, router } = uniswap.addresses;
  await stock(admin, weth, wstEth, [permit2, router]);
  await send(uniswap.permit2, "approve", wstEthAddress, positionManager, 2n ** 160n - 1n, 2n ** 47n);
  await mintV4(uniswap, admin, key, [centre - HALF_WIDTH, centre + HALF_WIDTH], V4_LIQUIDITY, 150_000n * ETHER);
  return { uniswap, key, poolId: poolIdOf(key), centre };
}
