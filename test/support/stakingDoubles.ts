/** Deploys the doubles of the staking tokens with queues: Swell, Stader, Renzo, Bedrock, Kelp. */
import { accountAt, type Deployer } from "./deployer.ts";
import { ETHER } from "./units.ts";

/** About the size of the protocols, so that one user's rounding is as small as there. */
export const FIRST_SUPPLY = 1_000_000n * ETHER + 7n;

/** swETH or rswETH with its queue, at `rate`; everyone's whitelist is off, as on mainnet for deposits. */
export async function deploySwellDouble({ ethers }: Deployer, symbol: "swETH" | "rswETH", rate: bigint) {
  const access = await ethers.deployContract("SwellAccessDouble");
  const accessAddress = await access.getAddress();
  const token = await ethers.deployContract("SwellTokenDouble", [symbol, accessAddress]);
  const exitSymbol = symbol === "swETH" ? "swEXIT" : "rswEXIT";
  const queue = await ethers.deployContract("SwellExitDouble", [exitSymbol, await token.getAddress(), accessAddress]);
  await token.disableWhitelist();
  await queue.disableWhitelist();
  await token.setRate(rate);
  return { access, token, queue };
}

export type SwellDouble = Awaited<ReturnType<typeof deploySwellDouble>>;

/** Stader's pool with ETHx and the withdrawal manager, at `rate`. */
export async function deployStaderDouble({ ethers }: Deployer, rate: bigint, maxOpenPerOwner = 1_000n) {
  const ethX = await ethers.deployContract("MintableDouble", ["ETHx (double)", "ETHx"]);
  const pool = await ethers.deployContract("StaderPoolDouble", [await ethX.getAddress(), FIRST_SUPPLY]);
  const queue = await ethers.deployContract("StaderWithdrawalDouble", [await pool.getAddress(), maxOpenPerOwner]);
  await pool.setQueue(await queue.getAddress());
  await ethX.setIssuer(await pool.getAddress());
  await ethX.setIssuer(await queue.getAddress());
  await pool.setRate(rate);
  return { ethX, pool, queue };
}

export type StaderDouble = Awaited<ReturnType<typeof deployStaderDouble>>;

/** Kelp's deposit pool with rsETH and the withdrawal manager, at `rate`. */
export async function deployKelpDouble({ ethers }: Deployer, rate: bigint) {
  const rsEth = await ethers.deployContract("MintableDouble", ["rsETH (double)", "rsETH"]);
  const pool = await ethers.deployContract("KelpPoolDouble", [await rsEth.getAddress(), FIRST_SUPPLY]);
  const queue = await ethers.deployContract("KelpWithdrawalDouble", [await pool.getAddress()]);
  await rsEth.setIssuer(await pool.getAddress());
  await rsEth.setIssuer(await queue.getAddress());
  await pool.setPrice(rate);
  return { rsEth, pool, queue };
}

export type KelpDouble = Awaited<ReturnType<typeof deployKelpDouble>>;

/** Renzo's manager with ezETH and the withdraw queue, at `rate`; the buffer is empty. */
export async function deployRenzoDouble(deployer: Deployer, rate: bigint) {
  const { ethers } = deployer;
  const admin = await accountAt(deployer, 0);
  const ezEth = await ethers.deployContract("MintableDouble", ["ezETH (double)", "ezETH"]);
  const manager = await ethers.deployContract("RenzoManagerDouble", [await ezEth.getAddress()]);
  const queue = await ethers.deployContract("RenzoQueueDouble", [await manager.getAddress()]);
  await manager.setQueue(await queue.getAddress());
  await ezEth.setIssuer(await manager.getAddress());
  await ezEth.mint(admin.address, FIRST_SUPPLY);
  await manager.setRate(rate);
  return { ezEth, manager, queue };
}

export type RenzoDouble = Awaited<ReturnType<typeof deployRenzoDouble>>;

/** Bedrock's staking with uniETH and the redeem contract, at `rate`; no ether waits to be staked. */
export async function deployBedrockDouble(deployer: Deployer, rate: bigint) {
  const { ethers } = deployer;
  const admin = await accountAt(deployer, 0);
  const uniEth = await ethers.deployContract("MintableDouble", ["uniETH (double)", "uniETH"]);
  const redeem = await ethers.deployContract("BedrockRedeemDouble");
  const staking = await ethers.deployContract("BedrockStakingDouble", [
    await uniEth.getAddress(),
    await redeem.getAddress(),
    FIRST_SUPPLY,
  ]);
  await uniEth.setIssuer(await staking.getAddress());
  await uniEth.mint(admin.address, FIRST_SUPPLY);
  await staking.setRate(rate);
  return { uniEth, redeem, staking };
}

export type BedrockDouble = Awaited<ReturnType<typeof deployBedrockDouble>>;
