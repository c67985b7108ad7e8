/** Swell's own mainnet code: the rates of swETH and rswETH, and on a fork a whole stay up to the request. */
import { expect } from "chai";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import { protocolOf } from "../../keeper/protocols/index.ts";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { ETHER } from "../support/venue.ts";

const TOKENS = [
  // Rates at block 19,932,810, to six digits, read off the recording when this was written.
  { token: MAINNET.swEth, queue: MAINNET.swExit, recorded: 1_060_073n },
  { token: MAINNET.rswEth, queue: MAINNET.rswExit, recorded: 1_008_235n },
];

describe("SwellAdapter on mainnet", () => {
  let mainnet: Mainnet;
  onMainnet(async (opened) => {
    mainnet = opened;
  });

  for (const { token, queue, recorded } of TOKENS) {
    const name = token.identity.answer;

    it(`default: the rate of ${name} by the twin's call is Swell's own`, async () => {
      const { ethers } = mainnet.connection;
      const call = protocolOf("swell").rateAt([token.address], MAINNET.weth.address);
      const rate = call.decode(await ethers.provider.call({ to: call.target, data: call.data }));
      const swell = await ethers.getContractAt("ISwellToken", token.address);
      expect(rate).to.equal(await swell.getRate());
      expect(rate).to.be.within(ETHER, 2n * ETHER);
      if (mainnet.origin === "recorded") expect(rate / 10n ** 12n).to.equal(recorded);
      console.log(`      ${name} ${rate}`);
    });

    it(`default: ${name} stakes and asks to leave`, async function () {
      if (mainnet.origin === "recorded") {
        console.log("      skipped: deposits and the exit queue are not recorded; set MAINNET_RPC_URL");
        this.skip();
      }
      const { ethers, networkHelpers } = mainnet.connection;
      const [vault] = await ethers.getSigners();
      if (vault === undefined) return expect.fail("the network has no account");
      await networkHelpers.setBalance(vault.address, 10_000n * ETHER);
      const adapter = await ethers.deployContract(
        "SwellAdapter",
        [vault.address, MAINNET.weth.address, token.address, queue.address],
        vault,
      );
      if ((await adapter.maxAllocate()) === 0n) {
        console.log(`      ${name}: closed at this block (pause or whitelist)`);
        return;
      }
      const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
      await weth.deposit({ value: 20n * ETHER });
      await weth.transfer(await adapter.getAddress(), 20n * ETHER);
      await adapter.allocate(20n * ETHER, 20n * ETHER - 100n);
      await adapter.requestExit(5n * ETHER, 5n * ETHER - 100n);
      expect((await adapter.realAssets()).pending).to.be.closeTo(5n * ETHER, 100n);
    });
  }
});
