/** CurveAdapter on the real stETH/ETH pool of the old family. */
import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import type { CurveAdapter } from "../../types/ethers-contracts/contracts/adapters/CurveAdapter.js";
import type { ICurveLegacyPool } from "../../types/ethers-contracts/contracts/interfaces/external/curve/ICurve.sol/ICurveLegacyPool.js";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { type Account, ETHER } from "../support/venue.ts";

/** How the old family writes ether. */
const CURVE_ETHER = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const BAND_BPS = 20n;

describe("CurveAdapter on mainnet", () => {
  let mainnet: Mainnet;
  let vault: Account;
  let adapter: CurveAdapter;
  let pool: ICurveLegacyPool;
  const liquid = async (): Promise<bigint> => (await adapter.realAssets()).liquid;

  onMainnet(async (opened) => {
    mainnet = opened;
    const { ethers, networkHelpers } = opened.connection;
    const [first] = await ethers.getSigners();
    if (first === undefined) return expect.fail("the network has no account");
    vault = first;
    await networkHelpers.setBalance(vault.address, 200_000n * ETHER);
    const poolAddress = MAINNET.curveStEthPool.address;
    const lp = MAINNET.curveStEthLp.address;
    pool = await ethers.getContractAt("ICurveLegacyPool", poolAddress, vault);
    if (opened.origin === "recorded") {
      // SYNTHETIC: nobody added liquidity while the recording ran, so the slots that this touches are missing. Slot 5 of
      // the pool is its LP token; slots 4 and 5 of the token are its supply and its minter. The supply is chosen so that
      // the virtual price is about 1.09, as it was.
      const worth = (await pool.balances(0)) + (await pool.balances(1));
      // The pool's first coin, ether, is the first element of the array at slot 0, which Vyper 0.2.8 keeps at its hash.
      await networkHelpers.setStorageAt(poolAddress, keccak256(toBeHex(0, 32)), CURVE_ETHER);
      await networkHelpers.setStorageAt(poolAddress, 5, lp);
      await networkHelpers.setStorageAt(lp, 4, (worth * 100n) / 109n);
      await networkHelpers.setStorageAt(lp, 5, poolAddress);
    }
    adapter = await ethers.deployContract(
      "CurveAdapter",
      [vault.address, MAINNET.weth.address, poolAddress, lp, false, BAND_BPS],
      vault,
    );
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
    await weth.deposit({ value: 1_000n * ETHER });
    await weth.transfer(await adapter.getAddress(), 1_000n * ETHER);
  });

  it("default: the rate is the virtual price less the band", async () => {
    expect(await adapter.rate()).to.equal(((await pool.get_virtual_price()) * (10_000n - BAND_BPS)) / 10_000n);
    expect(await adapter.maxAllocate()).to.be.above(1_000n * ETHER);
  });

  it("default: enters with ether, and the value is what was put in less fee and band", async () => {
    const gas = await adapter.allocate.estimateGas(600n * ETHER, 0n);
    await adapter.allocate(600n * ETHER, 0n);
    expect(await liquid()).to.be.within((600n * ETHER * 997n) / 1_000n, 600n * ETHER);
    console.log(`      allocate: ${gas} gas`);
  });

  it("behavior: trades do not move the value", async () => {
    const snapshot = await mainnet.connection.networkHelpers.takeSnapshot();
    const before = await liquid();
    await pool.exchange(0, 1, 20_000n * ETHER, 0n, { value: 20_000n * ETHER });
    expect(await liquid()).to.be.within(before, before + before / 1_000n);
    expect(await adapter.maxDeallocate()).to.equal(await liquid());
    await snapshot.restore();
  });

  it("behavior: inside the pool's callback the value is refused, not wrong", async () => {
    const { ethers } = mainnet.connection;
    const outside = await pool.get_virtual_price();
    const reader = await ethers.deployContract("CurveReadInCallback", [
      await pool.getAddress(),
      await adapter.getAddress(),
    ]);
    await reader.run({ value: 20_000n * ETHER });
    // The trap is real: the pool answers, and wrongly.
    expect(await reader.virtualPriceInside()).to.not.be.closeTo(outside, outside / 1_000n);
    expect(await reader.answered()).to.equal(false);
    expect(await reader.maxDeallocateInside()).to.equal(0n);
    const errors = await ethers.getContractAt("Errors", await adapter.getAddress());
    const refusal = errors.interface.parseError(await reader.refusal());
    expect(refusal?.name).to.equal("Adapter_VenueReentered");
  });

  it("default: leaves with ether in parts, each paying at least what was asked", async () => {
    const weth = await mainnet.connection.ethers.getContractAt("IWETH9", MAINNET.weth.address);
    const before = await weth.balanceOf(vault);
    const half = (await liquid()) / 2n;
    await adapter.deallocate(half, half);
    const rest = await liquid();
    expect(await adapter.maxDeallocate()).to.equal(rest);
    await adapter.deallocate(rest, rest);
    const received = (await weth.balanceOf(vault)) - before;
    expect(received).to.be.within((600n * ETHER * 998n) / 1_000n, 601n * ETHER);
    expect(await adapter.units()).to.equal(0n);
    expect(await liquid()).to.equal(0n);
  });
});
