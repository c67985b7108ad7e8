/** Arrakis' doubles over a wstETH that is there already: vault, module and the factory's register. */
import { MaxUint256 } from "ethers";
import { accountAt, type Deployer } from "./deployer.ts";
import { sqrt } from "./range.ts";
import { ETHER, WAD } from "./units.ts";

const Q192 = 1n << 192n;
const FIRST_SHARES = 100n * ETHER;

/** A pool's price, in its own format, where one wstETH is worth `rate` of WETH. */
export const sqrtPriceAt = (rate: bigint, isWethFirst: boolean): bigint =>
  sqrt(isWethFirst ? (WAD * Q192) / rate : (rate * Q192) / WAD);

/**
 * `mixed` holds 50 WETH and as much in wstETH around `rate`; otherwise the pool is out of range, 100 wstETH and no WETH.
 * The network's first account needs 30,000 ether and drives the market side.
 */
export async function deployArrakisPool(
  deployer: Deployer,
  weth: string,
  wstEthAddress: string,
  rate: bigint,
  mixed: boolean,
) {
  const { ethers } = deployer;
  const admin = await accountAt(deployer, 0);
  const isWethFirst = BigInt(weth) < BigInt(wstEthAddress);
  const [token0, token1] = isWethFirst ? [weth, wstEthAddress] : [wstEthAddress, weth];
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
  const wstEth = await ethers.getContractAt("WstEthDouble", wstEthAddress);
  await token.deposit({ value: 10_000n * ETHER });
  await (await admin.sendTransaction({ to: wstEthAddress, value: 10_000n * ETHER })).wait();
  await token.approve(module, MaxUint256);
  await wstEth.approve(module, MaxUint256);
  if (mixed) {
    const sqrtPrice = sqrtPriceAt(rate, isWethFirst);
    const side = 50n * ETHER;
    await module.setLiquidity(isWethFirst ? (side * sqrtPrice) >> 96n : (side << 96n) / sqrtPrice);
  } else {
    await module.setBeside(isWethFirst ? 0n : FIRST_SHARES, isWethFirst ? FIRST_SHARES : 0n);
  }
  // A share of the mixed pool is worth a little more than one, as after some fees.
  await vault.initialize(module, mixed ? (FIRST_SHARES * 95n) / 100n : FIRST_SHARES);
  return { vault, module, factory };
}
