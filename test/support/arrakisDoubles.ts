/** Arrakis: a public vault of WETH and wstETH with its module and the factory's register, on Lido's doubles. */
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { deployLidoDouble, type LidoDouble } from "./doubles.ts";
import type { Connection } from "./venue.ts";
import { ETHER, WAD } from "./venue.ts";

const Q192 = 1n << 192n;
const FIRST_SHARES = 100n * ETHER;

/** Largest whole number whose square is at most `value`. */
function isqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (let next = (root + value / root) >> 1n; next < root; next = (root + value / root) >> 1n) root = next;
  return root;
}

/** A pool's price, in its own format, where one wstETH is worth `rate` of WETH. */
const sqrtPriceAt = (rate: bigint, isWethFirst: boolean): bigint =>
  isqrt(isWethFirst ? (WAD * Q192) / rate : (rate * Q192) / WAD);

/** Lido's doubles with wstETH sorted before or after `weth`, as asked. */
async function deployLidoSorted(connection: Connection, weth: string, rate: bigint, isWethFirst: boolean) {
  for (let attempt = 0; attempt < 32; attempt++) {
    const lido: LidoDouble = await deployLidoDouble(connection, rate);
    if (BigInt(weth) < BigInt(await lido.wstEth.getAddress()) === isWethFirst) return lido;
  }
  return expect.fail("thirty-two deployments all sorted the same way");
}

/**
 * `mixed` holds 50 WETH and as much in wstETH around Lido's rate; otherwise the pool is out of range, 100 wstETH and no
 * WETH.
 */
export async function deployArrakisDouble(
  connection: Connection,
  weth: string,
  rate: bigint,
  { mixed, isWethFirst }: { readonly mixed: boolean; readonly isWethFirst: boolean },
) {
  const { ethers, networkHelpers } = connection;
  const [admin] = await ethers.getSigners();
  if (!admin) return expect.fail("the network has no account");
  const balance = await ethers.provider.getBalance(admin.address);
  await networkHelpers.setBalance(admin.address, balance + 200_000n * ETHER);
  const lido = await deployLidoSorted(connection, weth, rate, isWethFirst);
  const wstEth = await lido.wstEth.getAddress();
  const [token0, token1] = isWethFirst ? [weth, wstEth] : [wstEth, weth];
  const vault = await ethers.deployContract("ArrakisMetaVaultPublicDouble", [token0, token1]);
  const module = await ethers.deployContract("ArrakisModuleDouble", [
    vault,
    token0,
    token1,
    sqrtPriceAt(rate, isWethFirst),
  ]);
  const factory = await ethers.deployContract("ArrakisFactoryDouble");
  await factory.register(vault, true);

  const token = await ethers.getContractAt("IWETH9", weth);
  await token.deposit({ value: 10_000n * ETHER });
  await (await admin.sendTransaction({ to: wstEth, value: 10_000n * ETHER })).wait();
  await token.approve(module, MaxUint256);
  await lido.wstEth.approve(module, MaxUint256);
  if (mixed) {
    const sqrtPrice = sqrtPriceAt(rate, isWethFirst);
    const side = 50n * ETHER;
    await module.setLiquidity(isWethFirst ? (side * sqrtPrice) >> 96n : (side << 96n) / sqrtPrice);
  } else {
    await module.setBeside(isWethFirst ? 0n : FIRST_SHARES, isWethFirst ? FIRST_SHARES : 0n);
  }
  // A share of the mixed pool is worth a little more than one, as after some fees.
  await vault.initialize(module, mixed ? (FIRST_SHARES * 95n) / 100n : FIRST_SHARES);
  /** Moves the pool to where one wstETH is worth `at` of WETH. */
  const setSpot = async (at: bigint): Promise<void> => {
    await module.setSpot(sqrtPriceAt(at, isWethFirst));
  };
  return { lido, vault, module, factory, setSpot };
}
