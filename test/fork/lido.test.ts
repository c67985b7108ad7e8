/** LidoAdapter on Lido's own mainnet code. */
import { expect } from "chai";
import { AbiCoder, id, keccak256 } from "ethers";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import type { LidoAdapter } from "../../types/ethers-contracts/contracts/adapters/LidoAdapter.js";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { ETHER } from "../support/venue.ts";

describe("LidoAdapter on mainnet", () => {
  let mainnet: Mainnet;
  let adapter: LidoAdapter;
  const staked = 2_500n * ETHER;

  onMainnet(async (opened) => {
    mainnet = opened;
    const { ethers, networkHelpers } = opened.connection;
    const [vault] = await ethers.getSigners();
    if (vault === undefined) return expect.fail("the network has no account");
    await networkHelpers.setBalance(vault.address, 10_000n * ETHER);
    adapter = await ethers.deployContract(
      "LidoAdapter",
      [vault.address, MAINNET.weth.address, MAINNET.wstEth.address, MAINNET.lidoWithdrawalQueue.address],
      vault,
    );
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
    await weth.deposit({ value: staked });
    await weth.transfer(await adapter.getAddress(), staked);
  });

  it("default: the rate is wstETH's and staking is open", async () => {
    const wstEth = await mainnet.connection.ethers.getContractAt("IWstETH", MAINNET.wstEth.address);
    expect(await adapter.rate()).to.equal(await wstEth.stEthPerToken());
    expect(await adapter.rate()).to.be.within(ETHER, 2n * ETHER);
    expect(await adapter.maxAllocate()).to.be.above(staked);
  });

  it("default: stakes, wraps and values to the wei", async () => {
    await adapter.allocate(staked, staked - 2n);
    const wstEth = await mainnet.connection.ethers.getContractAt("IWstETH", MAINNET.wstEth.address);
    expect(await wstEth.balanceOf(adapter)).to.equal(await adapter.units());
    const { liquid, pending, claimable } = await adapter.realAssets();
    expect(liquid).to.be.closeTo(staked, 2n);
    expect([pending, claimable]).to.deep.equal([0n, 0n]);
    expect(await adapter.maxDeallocate()).to.equal(0n);
  });

  it("default: requests an exit in three parts and counts it as pending", async () => {
    const { liquid } = await adapter.realAssets();
    const gas = await adapter.requestExit.estimateGas(liquid, liquid - 10n);
    await adapter.requestExit(liquid, liquid - 10n);
    const ids = await adapter.openRequests();
    expect(ids).to.have.length(3);
    const worth = await adapter.realAssets();
    expect(worth.liquid).to.equal(0n);
    expect(worth.pending).to.be.closeTo(liquid, 10n);
    expect(worth.claimable).to.equal(0n);
    const queue = await mainnet.connection.ethers.getContractAt(
      "ILidoWithdrawalQueue",
      MAINNET.lidoWithdrawalQueue.address,
    );
    for (const status of await queue.getWithdrawalStatus([...ids])) {
      expect(status.owner).to.equal(await adapter.getAddress());
      expect(status.isFinalized).to.equal(false);
    }
    const wstEth = await mainnet.connection.ethers.getContractAt("IWstETH", MAINNET.wstEth.address);
    expect(await wstEth.allowance(adapter, MAINNET.lidoWithdrawalQueue.address)).to.equal(0n);
    console.log(`      requestExit of three parts: ${gas} gas`);
  });

  it("behavior: claims nothing while the queue waits", async () => {
    expect(await adapter.claim.staticCall()).to.equal(0n);
    await adapter.claim();
    expect(await adapter.openRequests()).to.have.length(3);
  });

  it("behavior: claims what Lido's own queue finalized at a slashed rate", async () => {
    const { ethers, networkHelpers } = mainnet.connection;
    const [vault] = await ethers.getSigners();
    if (vault === undefined) return expect.fail("the network has no account");
    // SYNTHETIC: only Lido may finalize, so the role is written for the test's account. Lido keeps its roles at a named
    // slot (utils/access/AccessControl.sol): roles[role].members[account].
    const slotOf = (type: string, key: string, slot: string) =>
      keccak256(AbiCoder.defaultAbiCoder().encode([type, "bytes32"], [key, slot]));
    const role = slotOf("bytes32", id("FINALIZE_ROLE"), id("openzeppelin.AccessControl._roles"));
    await networkHelpers.setStorageAt(MAINNET.lidoWithdrawalQueue.address, slotOf("address", vault.address, role), 1n);

    // The double carries the finalizer's side of the interface; the code that answers is Lido's.
    const queue = await ethers.getContractAt("WithdrawalQueueDouble", MAINNET.lidoWithdrawalQueue.address, vault);
    const stEth = await ethers.getContractAt("IStETH", MAINNET.stEth.address);
    const { pending } = await adapter.realAssets();
    const ids = await adapter.openRequests();
    const waiting = await queue.unfinalizedStETH();
    await networkHelpers.setBalance(vault.address, waiting + 10n * ETHER);
    const rate = ((await stEth.getPooledEthByShares(10n ** 27n)) * 97n) / 100n;
    const second = ids[1] ?? 0n;
    // First two of three: their checkpoint pays 97 %, the third keeps waiting.
    const third = (await queue.getWithdrawalStatus([ids[2] ?? 0n]))[0]?.amountOfStETH ?? 0n;
    await queue["finalize(uint256,uint256)"](second, rate, { value: waiting - third });
    const partly = await adapter.realAssets();
    expect(partly.claimable).to.be.closeTo(((pending - third) * 97n) / 100n, 10n);
    expect(partly.pending).to.be.closeTo(third, 2n);

    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address);
    const before = await weth.balanceOf(vault);
    const gas = await adapter.claim.estimateGas();
    await adapter.claim();
    expect((await weth.balanceOf(vault)) - before).to.equal(partly.claimable);
    expect(await adapter.openRequests()).to.deep.equal([ids[2]]);
    expect((await adapter.realAssets()).claimable).to.equal(0n);
    console.log(`      claim of two parts: ${gas} gas`);
  });

  it("behavior: sixteen open requests can still be valued and claimed in one transaction", async () => {
    const { ethers, networkHelpers } = mainnet.connection;
    const [vault] = await ethers.getSigners();
    if (vault === undefined) return expect.fail("the network has no account");
    await networkHelpers.setBalance(vault.address, 10_000n * ETHER);
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
    await weth.deposit({ value: 20n * ETHER });
    await weth.transfer(await adapter.getAddress(), 20n * ETHER);
    await adapter.allocate(20n * ETHER, 0n);
    while ((await adapter.openRequests()).length < 16) await adapter.requestExit(ETHER, 0n);
    const queue = await ethers.getContractAt("WithdrawalQueueDouble", MAINNET.lidoWithdrawalQueue.address, vault);
    const ids = await adapter.openRequests();
    const rate = await (await ethers.getContractAt("IStETH", MAINNET.stEth.address)).getPooledEthByShares(10n ** 27n);
    await queue["finalize(uint256,uint256)"](ids[15] ?? 0n, rate, { value: await queue.unfinalizedStETH() });
    const [valuing, claiming] = [await adapter.realAssets.estimateGas(), await adapter.claim.estimateGas()];
    console.log(`      sixteen finished requests: realAssets ${valuing} gas, claim ${claiming} gas`);
    // A report and a claim must fit together in a transaction, which the protocol caps at 2^24 gas, with room for others.
    expect(valuing + claiming).to.be.below(4_000_000n);
    await adapter.claim();
    expect(await adapter.openRequests()).to.have.length(0);
  });
});
