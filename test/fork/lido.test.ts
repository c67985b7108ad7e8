/** LidoAdapter on Lido's own mainnet code. */
import { expect } from "chai";
import type { LidoAdapter } from "../../types/ethers-contracts/contracts/adapters/LidoAdapter.js";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
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
    adapter = await ethers.deployContract("LidoAdapter", [
      vault.address, MAINNET.weth.address, MAINNET.wstEth.address, MAINNET.lidoWithdrawalQueue.address,
    ], vault);
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
    const queue = await mainnet.connection.ethers.getContractAt("ILidoWithdrawalQueue", MAINNET.lidoWithdrawalQueue.address);
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
});
