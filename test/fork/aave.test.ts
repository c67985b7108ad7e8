/** AaveV3Adapter on Aave's own mainnet code. */
import { expect } from "chai";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import type { AaveV3Adapter } from "../../types/ethers-contracts/contracts/adapters/AaveV3Adapter.js";
import type { IWETH9 } from "../../types/ethers-contracts/contracts/interfaces/external/weth/IWETH9.js";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { ETHER } from "../support/venue.ts";

describe("AaveV3Adapter on mainnet", () => {
  let mainnet: Mainnet;
  let adapter: AaveV3Adapter;
  let weth: IWETH9;
  let vault: string;
  const supplied = 100n * ETHER;

  onMainnet(async (opened) => {
    mainnet = opened;
    const { ethers, networkHelpers } = opened.connection;
    const [signer] = await ethers.getSigners();
    if (signer === undefined) return expect.fail("the network has no account");
    vault = signer.address;
    await networkHelpers.setBalance(vault, 10_000n * ETHER);
    adapter = await ethers.deployContract(
      "AaveV3Adapter",
      [vault, MAINNET.weth.address, MAINNET.aavePool.address],
      signer,
    );
    weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, signer);
    await weth.deposit({ value: supplied });
    await weth.transfer(await adapter.getAddress(), supplied);
  });

  it("default: finds its aToken and reads rate and limits", async () => {
    expect(await adapter.aToken()).to.equal(MAINNET.aaveWeth.address);
    expect(await adapter.rate()).to.be.within(ETHER, 2n * ETHER);
    console.log(`      supply index ${await adapter.rate()}, room ${await adapter.maxAllocate()} wei`);
    expect(await adapter.maxAllocate()).to.be.above(supplied);
    expect(await adapter.maxDeallocate()).to.equal(0n);
  });

  it("default: supplies, earns and withdraws all of it", async () => {
    await adapter.allocate(supplied, supplied - 2n);
    const { liquid } = await adapter.realAssets();
    expect(liquid).to.be.closeTo(supplied, 2n);
    expect(await weth.allowance(adapter, MAINNET.aavePool.address)).to.equal(0n);
    await mainnet.connection.networkHelpers.time.increase(86_400);
    const grown = (await adapter.realAssets()).liquid;
    expect(grown).to.be.above(liquid);
    expect(await adapter.maxDeallocate()).to.equal(grown);
    const before = await weth.balanceOf(vault);
    await adapter.deallocate(grown, grown);
    expect((await weth.balanceOf(vault)) - before).to.equal(grown);
    console.log(`      one day on ${supplied} wei earned ${grown - liquid} wei`);
  });
});
