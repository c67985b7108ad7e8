/** Deploys the doubles of Lido and ether.fi, wired. */
import type { Connection } from "./venue.ts";
import { ETHER, WAD } from "./venue.ts";

/** About the size of the protocols, so that one user's rounding is as small as there. */
const FIRST_SHARES = 1_000_000n * ETHER + 7n;

/** stETH, wstETH and the queue, at `rate`. */
export async function deployLidoDouble({ ethers }: Connection, rate: bigint = WAD) {
  const stEth = await ethers.deployContract("StEthDouble", [FIRST_SHARES, FIRST_SHARES]);
  const wstEth = await ethers.deployContract("WstEthDouble", [await stEth.getAddress()]);
  const queue = await ethers.deployContract("WithdrawalQueueDouble", [await wstEth.getAddress()]);
  await stEth.setWithdrawalQueue(await queue.getAddress());
  await stEth.setShareRate(rate);
  return { stEth, wstEth, queue };
}

/** Pool, eETH, weETH and the requests, at `rate`. */
export async function deployEtherFiDouble({ ethers }: Connection, rate: bigint = WAD) {
  const pool = await ethers.deployContract("LiquidityPoolDouble");
  const eEth = await ethers.deployContract("EEthDouble", [await pool.getAddress()]);
  const weEth = await ethers.deployContract("WeEthDouble", [await eEth.getAddress()]);
  const requests = await ethers.deployContract("WithdrawRequestNftDouble", [await pool.getAddress()]);
  await pool.initialize(await eEth.getAddress(), await requests.getAddress(), FIRST_SHARES, FIRST_SHARES);
  await pool.setRate(rate);
  return { pool, eEth, weEth, requests };
}

export type LidoDouble = Awaited<ReturnType<typeof deployLidoDouble>>;
export type EtherFiDouble = Awaited<ReturnType<typeof deployEtherFiDouble>>;
