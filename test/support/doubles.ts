/** Deploys the doubles of Lido, ether.fi and Curve, wired. */
import type { Contract } from "ethers";
import type { Account, Deployer } from "./deployer.ts";
import { at, send } from "./genuine/artifact.ts";
import { wrapEth } from "./genuine/weth.ts";
import { ETHER, WAD } from "./units.ts";

/** About the size of the protocols, so that one user's rounding is as small as there. */
const FIRST_SHARES = 1_000_000n * ETHER + 7n;

/** stETH, wstETH and the queue, at `rate`. */
export async function deployLidoDouble({ ethers }: Deployer, rate: bigint = WAD) {
  const stEth = await ethers.deployContract("StEthDouble", [FIRST_SHARES, FIRST_SHARES]);
  const wstEth = await ethers.deployContract("WstEthDouble", [await stEth.getAddress()]);
  const queue = await ethers.deployContract("WithdrawalQueueDouble", [await wstEth.getAddress()]);
  await stEth.setWithdrawalQueue(await queue.getAddress());
  await stEth.setShareRate(rate);
  return { stEth, wstEth, queue };
}

/** The RedemptionManager as ether.fi sets it up: 30 bp, a tenth to the treasury, 1 % of the stake untouched, 2,000 ETH a day. */
export const ETHER_FI_REDEMPTION = {
  treasury: `0x${"7e".repeat(20)}`,
  exitFeeSplitToTreasuryInBps: 1_000,
  exitFeeInBps: 30,
  lowWatermarkInBpsOfTvl: 100,
  capacity: 2_000n * ETHER,
  refillRate: (2_000n * ETHER) / 86_400n,
} as const;

/** Pool, eETH, weETH, the requests, blacklist and RedemptionManager, at `rate`. The pool holds no ether that could be redeemed. */
export async function deployEtherFiDouble({ ethers }: Deployer, rate: bigint = WAD) {
  const pool = await ethers.deployContract("LiquidityPoolDouble");
  const eEth = await ethers.deployContract("EEthDouble", [await pool.getAddress()]);
  const weEth = await ethers.deployContract("WeEthDouble", [await eEth.getAddress()]);
  const requests = await ethers.deployContract("WithdrawRequestNftDouble", [await pool.getAddress()]);
  const blacklister = await ethers.deployContract("BlacklisterDouble");
  const handles = [eEth, requests, blacklister];
  const [eEthAddress = "", requestsAddress = "", listing = ""] = await Promise.all(handles.map((c) => c.getAddress()));
  await pool.initialize(eEthAddress, requestsAddress, listing, FIRST_SHARES, FIRST_SHARES);
  const terms = Object.values(ETHER_FI_REDEMPTION);
  const redemption = await ethers.deployContract("RedemptionManagerDouble", [await weEth.getAddress(), ...terms]);
  await pool.setRedemptionManager(await redemption.getAddress());
  await pool.setRate(rate);
  return { pool, eEth, weEth, requests, blacklister, redemption };
}

/** An NG pool of WETH and stETH with `each` of both from `admin`, parameters as stETH-ng had them: A 1500, 1 bp, off-peg fivefold. */
export async function deployCurvePool(
  deployer: Deployer,
  admin: Account,
  weth: Contract,
  stEthAddress: string,
  each: bigint,
) {
  const wethAddress = await weth.getAddress();
  const stEth = await deployer.ethers.getContractAt("StEthDouble", stEthAddress, admin);
  const pool = await deployer.ethers.deployContract(
    "CurveNgPoolDouble",
    [wethAddress, stEthAddress, 1_500, 1_000_000, 5n * 10n ** 10n],
    admin,
  );
  const wethMine = at(wethAddress, weth.interface, admin);
  await wrapEth(wethMine, each);
  await send(wethMine, "approve", await pool.getAddress(), each);
  await stEth.submit(admin.address, { value: each });
  await stEth.approve(await pool.getAddress(), each);
  await pool.add_liquidity([each, each], 0n);
  return pool;
}

/** The same pool over Lido's doubles of its own. */
export async function deployCurveDouble(deployer: Deployer, admin: Account, weth: Contract, each: bigint) {
  const lido = await deployLidoDouble(deployer);
  return { pool: await deployCurvePool(deployer, admin, weth, await lido.stEth.getAddress(), each), lido };
}

export type LidoDouble = Awaited<ReturnType<typeof deployLidoDouble>>;
export type EtherFiDouble = Awaited<ReturnType<typeof deployEtherFiDouble>>;
