/** Arrakis: a public vault of WETH and wstETH with its module and the factory's register, on Lido's doubles. */
import { expect } from "chai";
import { deployArrakisPool, sqrtPriceAt } from "./arrakisPool.ts";
import { accountAt } from "./deployer.ts";
import { deployLidoDouble, type LidoDouble } from "./doubles.ts";
import { ETHER } from "./units.ts";
import type { Connection } from "./venue.ts";

/** Lido's doubles with wstETH sorted before or after `weth`, as asked. */
async function deployLidoSorted(connection: Connection, weth: string, rate: bigint, isWethFirst: boolean) {
  for (let attempt = 0; attempt < 32; attempt++) {
    const lido: LidoDouble = await deployLidoDouble(connection, rate);
    if (BigInt(weth) < BigInt(await lido.wstEth.getAddress()) === isWethFirst) return lido;
  }
  return expect.fail("thirty-two deployments all sorted the same way");
}

/** An Arrakis vault over Lido's doubles of its own; see {@link deployArrakisPool}. */
export async function deployArrakisDouble(
  connection: Connection,
  weth: string,
  rate: bigint,
  { mixed, isWethFirst }: { readonly mixed: boolean; readonly isWethFirst: boolean },
) {
  const { ethers, networkHelpers } = connection;
  const admin = await accountAt(connection, 0);
  const balance = await ethers.provider.getBalance(admin.address);
  await networkHelpers.setBalance(admin.address, balance + 200_000n * ETHER);
  const lido = await deployLidoSorted(connection, weth, rate, isWethFirst);
  const pool = await deployArrakisPool(connection, weth, await lido.wstEth.getAddress(), rate, mixed);
  /** Moves the pool to where one wstETH is worth `at` of WETH. */
  const setSpot = async (at: bigint): Promise<void> => {
    await pool.module.setSpot(sqrtPriceAt(at, isWethFirst));
  };
  return { lido, ...pool, setSpot };
}
