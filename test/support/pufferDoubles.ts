/** Puffer: OpenZeppelin's own AccessManager, pufETH and the withdrawal queue, wired; the first account is the admin. */
import { MaxUint256 } from "ethers";
import { accountAt, type Deployer } from "./deployer.ts";
import { ETHER } from "./units.ts";

/** The manager's own power over pufETH; a number of our own. */
const MANAGER_ROLE = 1n;
/** AccessManager's constant: everyone. */
const PUBLIC_ROLE = 2n ** 64n - 1n;
const ENTRIES = ["deposit", "mint", "withdraw", "redeem"] as const;
const REQUESTS = ["requestWithdrawal", "completeQueuedWithdrawal"] as const;

/** The first account needs 300,000 ether. Most of the first deposit goes to validators, so that the rate can fall; the rest pays exits. */
export async function deployPufferDouble(deployer: Deployer, weth: string, rate: bigint, batchSize: number) {
  const { ethers } = deployer;
  const admin = await accountAt(deployer, 0);
  const access = await ethers.deployContract("AccessManager", [admin.address]);
  const pufEth = await ethers.deployContract("PufferVaultDouble", [weth, access]);
  const manager = await ethers.deployContract("PufferWithdrawalManagerDouble", [batchSize, pufEth]);
  await access.setTargetFunctionRole(
    pufEth,
    ENTRIES.map((name) => pufEth.interface.getFunction(name).selector),
    PUBLIC_ROLE,
  );
  await access.setTargetFunctionRole(
    manager,
    REQUESTS.map((name) => manager.interface.getFunction(name).selector),
    PUBLIC_ROLE,
  );
  await access.setTargetFunctionRole(
    pufEth,
    (["transferETH", "burn"] as const).map((name) => pufEth.interface.getFunction(name).selector),
    MANAGER_ROLE,
  );
  await access.grantRole(MANAGER_ROLE, manager, 0);
  await access.grantRole(MANAGER_ROLE, admin.address, 0);
  await manager.changeMaxWithdrawalAmount(100_000n * ETHER);

  const token = await ethers.getContractAt("IWETH9", weth);
  await token.deposit({ value: 200_000n * ETHER });
  await token.approve(pufEth, MaxUint256);
  await pufEth.approve(manager, MaxUint256);
  await pufEth.deposit(200_000n * ETHER, admin.address);
  await pufEth.transferETH(admin.address, 80_000n * ETHER);
  await pufEth.setLockedEth(80_000n * ETHER);
  await pufEth.setRate(rate);

  /** Fills the batch of `id` with requests of the admin and finalizes it. */
  const finalize = async (id: bigint): Promise<void> => {
    const batch = id / BigInt(batchSize);
    while ((await manager.getWithdrawalsLength()) < (batch + 1n) * BigInt(batchSize)) {
      await manager.requestWithdrawal(ETHER, admin.address);
    }
    await manager.finalizeWithdrawals(batch);
  };
  return { access, pufEth, manager, finalize };
}
