/** Others' money in the lending pools of the whole set: without it nothing could leave them. */
import { expect } from "chai";
import { ETHER } from "../keeper/support/engine.ts";
import type { EveryVenue } from "./everyVenue.ts";
import { wethAt } from "./genuine/weth.ts";

export async function lendToPools(every: EveryVenue): Promise<void> {
  const { connection, addresses } = every.engine;
  const [lender] = await connection.ethers.getSigners();
  if (lender === undefined) return expect.fail("no accounts");
  const weth = wethAt(addresses.weth, lender);
  await (await weth.getFunction("deposit").send({ value: 20_000n * ETHER })).wait();
  const { pool } = every.aave.addresses;
  const market = await connection.ethers.getContractAt("IAaveV3Pool", pool, lender);
  await (await weth.getFunction("approve").send(pool, 10_000n * ETHER)).wait();
  await market.supply(addresses.weth, 10_000n * ETHER, lender.address, 0);
  const lending = await connection.ethers.getContractAt("IGearboxPoolV3", every.gearbox.addresses.pool, lender);
  await (await weth.getFunction("approve").send(lending, 10_000n * ETHER)).wait();
  await lending.deposit(10_000n * ETHER, lender.address);
}
