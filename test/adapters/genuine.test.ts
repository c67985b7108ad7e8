/** The genuine protocols that the adapters' tests stand on do what a lender expects of them. */
import { expect } from "chai";
import { network } from "hardhat";
import { borrowWeth, deployAave } from "../support/genuine/aave.ts";
import { COMPILE_MS, compileAave36, deployAave36 } from "../support/genuine/aave-3.6.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployGearbox } from "../support/genuine/gearbox.ts";
import { deployWeth, wrapEth } from "../support/genuine/weth.ts";

const ETHER = 10n ** 18n;
const YEAR = 365 * 86_400;

describe("genuine protocols deployed from npm", () => {
  before(function () {
    this.timeout(COMPILE_MS);
    compileAave36();
  });

  for (const [release, deploy] of [
    ["3.0", deployAave],
    ["3.6", deployAave36],
  ] as const) {
    it(`Aave ${release} pays a lender what a borrower owes`, async () => {
      const { ethers, networkHelpers } = await network.create();
      const [lender, borrower] = await ethers.getSigners();
      if (!lender || !borrower) return expect.fail("the network has fewer than two accounts");
      const weth = await deployWeth(lender);
      const wethAddress = await weth.getAddress();
      const aave = await deploy(lender, wethAddress);
      await wrapEth(weth, 100n * ETHER);
      await send(weth, "approve", aave.addresses.pool, 100n * ETHER);
      await send(aave.pool, "supply(address,uint256,address,uint16)", wethAddress, 100n * ETHER, lender.address, 0);
      await borrowWeth(aave, borrower, 200n * ETHER, 80n * ETHER);
      await networkHelpers.time.increase(YEAR);
      const balance = await readBigint(aave.aToken, "balanceOf", lender.address);
      // 80 % utilization is the kink: 2.7 % x 0.8 x (1 - 15 %) = 1.836 %.
      expect(balance).to.be.closeTo((101_836n * ETHER) / 1_000n, ETHER / 1_000n);
      await send(aave.pool, "withdraw", wethAddress, 20n * ETHER, lender.address);
      expect(await readBigint(weth, "balanceOf", lender.address)).to.equal(20n * ETHER);
    });
  }

  it("Gearbox PoolV3 accrues interest, pays it on repayment and books a loss", async () => {
    const { ethers, networkHelpers } = await network.create();
    const [lender] = await ethers.getSigners();
    if (!lender) return expect.fail("the network has no account");
    const weth = await deployWeth(lender);
    const gearbox = await deployGearbox(lender, await weth.getAddress());
    await wrapEth(weth, 150n * ETHER);
    await send(weth, "approve", gearbox.addresses.pool, 100n * ETHER);
    await send(gearbox.pool, "deposit", 100n * ETHER, lender.address);
    await send(gearbox.creditManager, "borrow", 70n * ETHER, lender.address);
    await networkHelpers.time.increase(YEAR);
    // 70 % utilization is the first kink: 2 % on 70.
    expect(await readBigint(gearbox.pool, "convertToAssets", 100n * ETHER)).to.be.closeTo(
      (1014n * ETHER) / 10n,
      ETHER / 1000n,
    );
    const asLender = at(await weth.getAddress(), weth.interface, lender);
    await send(asLender, "approve", gearbox.addresses.creditManager, 50n * ETHER);
    await send(gearbox.creditManager, "repay", 50n * ETHER);
    expect(await readBigint(gearbox.pool, "availableLiquidity")).to.equal(80n * ETHER);
    const before = await readBigint(gearbox.pool, "expectedLiquidity");
    await send(gearbox.creditManager, "writeOff", 10n * ETHER);
    expect(await readBigint(gearbox.pool, "expectedLiquidity")).to.be.closeTo(before - 10n * ETHER, ETHER / 1000n);
  });
});
