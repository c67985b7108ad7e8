/** EtherFiAdapter on ether.fi's own mainnet code. */
import { expect } from "chai";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import type { EtherFiAdapter } from "../../types/ethers-contracts/contracts/adapters/EtherFiAdapter.js";
import { type Mainnet, onMainnet, redemptionOn } from "../support/mainnet-state.ts";
import { ETHER } from "../support/venue.ts";

describe("EtherFiAdapter on mainnet", () => {
  let mainnet: Mainnet;
  let adapter: EtherFiAdapter;
  const staked = 50n * ETHER;

  onMainnet(async (opened) => {
    mainnet = opened;
    const { ethers, networkHelpers } = opened.connection;
    if (opened.origin === "recorded") {
      // SYNTHETIC: the request contract's code is not recorded, and the adapter refuses a target without code. A STOP
      // stands in for it; nothing below reads it, and exits are not tested here.
      await networkHelpers.setCode(MAINNET.etherFiWithdrawRequests.address, "0x00");
      console.log(
        "      synthetic: one byte of code at the request contract; exits are tested on a fork and on the double",
      );
    }
    const [vault] = await ethers.getSigners();
    if (vault === undefined) return expect.fail("the network has no account");
    await networkHelpers.setBalance(vault.address, 10_000n * ETHER);
    adapter = await ethers.deployContract(
      "EtherFiAdapter",
      [vault.address, MAINNET.weth.address, MAINNET.weEth.address, await redemptionOn(opened)],
      vault,
    );
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
    await weth.deposit({ value: staked });
    await weth.transfer(await adapter.getAddress(), staked);
  });

  it("default: finds pool, eETH and requests, and reads the rate", async () => {
    expect(await adapter.liquidityPool()).to.equal(MAINNET.etherFiLiquidityPool.address);
    expect(await adapter.eEth()).to.equal(MAINNET.eEth.address);
    expect(await adapter.requests()).to.equal(MAINNET.etherFiWithdrawRequests.address);
    const weEth = await mainnet.connection.ethers.getContractAt("IWeETH", MAINNET.weEth.address);
    expect(await adapter.rate()).to.equal(await weEth.getRate());
    expect(await adapter.rate()).to.be.within(ETHER, 2n * ETHER);
    expect(await adapter.maxAllocate()).to.be.above(staked);
  });

  it("default: stakes, wraps and values to a few wei", async () => {
    await adapter.allocate(staked, staked - 4n);
    const { ethers } = mainnet.connection;
    const weEth = await ethers.getContractAt("IWeETH", MAINNET.weEth.address);
    expect(await weEth.balanceOf(adapter)).to.equal(await adapter.units());
    expect((await adapter.realAssets()).liquid).to.be.closeTo(staked, 4n);
    const eEth = await ethers.getContractAt("IWETH9", MAINNET.eEth.address);
    expect(await eEth.allowance(adapter, MAINNET.weEth.address)).to.equal(0n);
  });

  it("default: requests an exit and counts it as pending", async function () {
    if (mainnet.origin === "recorded") {
      console.log("      skipped: the request contract is not recorded; set MAINNET_RPC_URL");
      this.skip();
    }
    await adapter.requestExit(20n * ETHER, 20n * ETHER - 10n);
    expect(await adapter.openRequests()).to.have.length(1);
    expect((await adapter.realAssets()).pending).to.be.closeTo(20n * ETHER, 10n);
    expect(await adapter.claim.staticCall()).to.equal(0n);
  });

  it("default: leaves at once through the RedemptionManager, less its fee", async function () {
    const [exitUnits, paid, feeBps] = await adapter.instantExit();
    if (exitUnits === 0n) {
      console.log("      skipped: the RedemptionManager is not there, or pays nothing at this block");
      this.skip();
    }
    const { liquid } = await adapter.realAssets();
    const out = paid < liquid / 2n ? paid / 2n : liquid / 4n;
    const received = await adapter.deallocate.staticCall(out, 0n);
    expect(received).to.be.closeTo(out - (out * feeBps) / 10_000n, 10n);
    await adapter.deallocate(out, 0n);
    const weEth = await mainnet.connection.ethers.getContractAt("IWETH9", MAINNET.weEth.address);
    expect(await weEth.allowance(adapter, MAINNET.etherFiRedemption.address)).to.equal(0n);
  });
});
