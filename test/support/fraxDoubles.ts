/** Frax: frxETH, sfrxETH, the minter and the redemption queue, wired; the first account drives them. */
import { MaxUint256 } from "ethers";
import { accountAt, type Deployer } from "./deployer.ts";
import { ETHER } from "./units.ts";

export const FRAX_CYCLE = 7 * 86_400;
export const FRAX_WAIT = 15 * 86_400;

/** ETH staked goes to an account of its own, as to validators: the queue holds what it is sent. */
export async function deployFraxDouble(deployer: Deployer, rate: bigint) {
  const { ethers } = deployer;
  const admin = await accountAt(deployer, 0);
  const sink = await accountAt(deployer, 18);
  const frxEth = await ethers.deployContract("FrxEthDouble");
  const sfrxEth = await ethers.deployContract("SfrxEthDouble", [frxEth, FRAX_CYCLE]);
  const queue = await ethers.deployContract("FraxEtherRedemptionQueueV2Double", [frxEth, sfrxEth, FRAX_WAIT]);
  const minter = await ethers.deployContract("FraxEtherMinterDouble", [frxEth, sfrxEth, sink.address]);
  for (const account of [await minter.getAddress(), admin.address]) await frxEth.addMinter(account);
  await frxEth.minter_mint(admin.address, 10_000_000n * ETHER);
  await frxEth.approve(sfrxEth, MaxUint256);
  await sfrxEth.deposit(500_000n * ETHER, admin.address);
  await sfrxEth.setRate(rate);
  /** Sends the queue the ether that tickets up to `id` still lack. */
  const pay = async (id: bigint): Promise<void> => {
    const [, , amount, , requestedBefore] = await queue.nftInformation(id);
    const { ttlEthServed } = await queue.redemptionQueueState();
    const lacking = requestedBefore + amount - ttlEthServed - (await ethers.provider.getBalance(queue));
    if (lacking > 0n) await (await admin.sendTransaction({ to: queue, value: lacking })).wait();
  };
  return { frxEth, sfrxEth, queue, minter, pay };
}
