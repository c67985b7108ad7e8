/** Deploys the doubles of Lido, ether.fi and Curve, wired. */
import type { Contract } from "ethers";
import { at, send } from "./genuine/artifact.ts";
import { wrapEth } from "./genuine/weth.ts";
import type { Account, Connection } from "./venue.ts";
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

/** An NG pool of WETH and stETH with `each` of both, parameters as stETH-ng had them: A 1500, 1 bp, off-peg fivefold. */
export async function deployCurveDouble(connection: Connection, admin: Account, weth: Contract, each: bigint) {
  const lido = await deployLidoDouble(connection);
  const wethAddress = await weth.getAddress();
  const stEth = lido.stEth.connect(admin);
  const pool = await connection.ethers.deployContract(
    "CurveNgPoolDouble",
    [wethAddress, await stEth.getAddress(), 1_500, 1_000_000, 5n * 10n ** 10n],
    admin,
  );
  const wethMine = at(wethAddress, weth.interface, admin);
  await wrapEth(wethMine, each);
  await send(wethMine, "approve", await pool.getAddress(), each);
  await stEth.submit(admin.address, { value: each });
  await stEth.approve(await pool.getAddress(), each);
  await pool.add_liquidity([each, each], 0n);
  return { pool, lido };
}

export type LidoDouble = Awaited<ReturnType<typeof deployLidoDouble>>;
export type EtherFiDouble = Awaited<ReturnType<typeof deployEtherFiDouble>>;
