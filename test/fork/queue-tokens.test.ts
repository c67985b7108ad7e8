/**
 * Stader, Renzo, Bedrock and Kelp on their own mainnet code. The recording has of them what is read here; whole stays need
 * a fork.
 */
import { expect } from "chai";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import { type ProtocolId, protocolOf } from "../../keeper/protocols/index.ts";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { ETHER } from "../support/venue.ts";

const STAYS: readonly {
  readonly id: ProtocolId;
  readonly contract: "StaderAdapter" | "RenzoAdapter" | "BedrockAdapter" | "KelpAdapter";
  readonly targets: readonly string[];
  /** What the twin reads the rate from. */
  readonly rateTarget: (typeof MAINNET)[keyof typeof MAINNET]["address"];
  /** Wei that entering may lose to rounding. */
  readonly dust: bigint;
}[] = [
  {
    id: "stader",
    contract: "StaderAdapter",
    targets: [MAINNET.staderStakePoolsManager.address],
    rateTarget: MAINNET.staderStakePoolsManager.address,
    dust: 10n,
  },
  {
    id: "renzo",
    contract: "RenzoAdapter",
    targets: [MAINNET.renzoRestakeManager.address, MAINNET.renzoWithdrawQueue.address],
    rateTarget: MAINNET.renzoWithdrawQueue.address,
    dust: 10n ** 8n,
  },
  {
    id: "bedrock",
    contract: "BedrockAdapter",
    targets: [MAINNET.bedrockStaking.address],
    rateTarget: MAINNET.bedrockStaking.address,
    dust: 10n,
  },
  {
    id: "kelp",
    contract: "KelpAdapter",
    targets: [MAINNET.kelpDepositPool.address, MAINNET.kelpWithdrawalManager.address],
    rateTarget: MAINNET.kelpWithdrawalManager.address,
    dust: 10n,
  },
];

describe("tokens with exit queues on mainnet", () => {
  let mainnet: Mainnet;
  onMainnet(async (opened) => {
    mainnet = opened;
  });

  it("default: ezETH's own code tells its supply, and on a fork Renzo's manager names it", async () => {
    const { ethers } = mainnet.connection;
    const ezEth = await ethers.getContractAt("IWETH9", MAINNET.ezEth.address);
    const supply = await ezEth.totalSupply();
    // Between ten thousand and ten million at any block since 2024: a broken decode is orders away.
    expect(supply).to.be.within(10_000n * ETHER, 10_000_000n * ETHER);
    console.log(`      ezETH supply ${supply}`);
    if (mainnet.origin === "recorded") {
      console.log("      the code behind Renzo's manager is not recorded");
      return;
    }
    const manager = await ethers.getContractAt("IRenzoRestakeManager", MAINNET.renzoRestakeManager.address);
    expect(await manager.ezETH()).to.equal(MAINNET.ezEth.address);
    expect(await manager.paused()).to.be.a("boolean");
  });

  for (const { id, contract, targets, rateTarget, dust } of STAYS) {
    it(`default: ${contract} stakes and asks to leave`, async function () {
      if (mainnet.origin === "recorded") {
        console.log(`      ${contract} skipped: deposits and exits are not recorded; set MAINNET_RPC_URL`);
        this.skip();
      }
      const { ethers, networkHelpers } = mainnet.connection;
      const [vault] = await ethers.getSigners();
      if (vault === undefined) return expect.fail("the network has no account");
      await networkHelpers.setBalance(vault.address, 10_000n * ETHER);
      const factory = await ethers.getContractFactory(contract, vault);
      const deployed = await factory.deploy(vault.address, MAINNET.weth.address, ...targets);
      const adapter = await ethers.getContractAt("IStrategyAdapter", await deployed.getAddress(), vault);
      const call = protocolOf(id).rateAt([rateTarget], MAINNET.weth.address);
      const rate = call.decode(await ethers.provider.call({ to: call.target, data: call.data }));
      expect(rate).to.equal(await adapter.rate());
      expect(rate).to.be.within(ETHER / 2n, 2n * ETHER);
      if ((await adapter.maxAllocate()) < 100n * ETHER) {
        console.log(`      ${contract}: closed or full at this block`);
        return;
      }
      const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
      await weth.deposit({ value: 100n * ETHER });
      await weth.transfer(await adapter.getAddress(), 100n * ETHER);
      await adapter.allocate(100n * ETHER, 100n * ETHER - dust);
      await adapter.requestExit(32n * ETHER, 32n * ETHER - dust);
      expect((await adapter.realAssets()).pending).to.be.closeTo(32n * ETHER, dust);
    });
  }
});
