/** AaveV3Adapter on the genuine Aave v3.0 of npm. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { syncConformance } from "../support/conformance.ts";
import { type AaveDeployment, borrowWeth, deployAave } from "../support/genuine/aave.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { allocate, connect, ETHER, expectRefusal, fund, sendWeth, type Venue } from "../support/venue.ts";

interface AaveVenue extends Venue {
  readonly aave: AaveDeployment;
}

async function deployVenue(): Promise<AaveVenue> {
  const connection = await connect();
  const { ethers, networkHelpers } = connection;
  const [admin, vault, stranger, borrower] = await ethers.getSigners();
  if (!admin || !vault || !stranger || !borrower) return expect.fail("the network has fewer than four accounts");
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const aave = await deployAave(admin, wethAddress);
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 1_000_000n * ETHER);

  const lend = async (lender: typeof stranger, amount: bigint, onBehalfOf: string) => {
    await sendWeth(weth, lender, lender.address, amount);
    await send(at(wethAddress, weth.interface, lender), "approve", aave.addresses.pool, amount);
    await send(
      at(aave.addresses.pool, aave.pool.interface, lender),
      "supply(address,uint256,address,uint16)",
      wethAddress,
      amount,
      onBehalfOf,
      0,
    );
  };
  await lend(admin, 200_000n * ETHER, admin.address);
  await borrowWeth(aave, borrower, 400_000n * ETHER, 150_000n * ETHER);
  await networkHelpers.time.increase(123 * 86_400);

  const adapter = await ethers.deployContract("AaveV3Adapter", [vault.address, wethAddress, aave.addresses.pool]);
  return {
    connection,
    weth,
    vault,
    stranger,
    aave,
    adapter: await ethers.getContractAt("IStrategyAdapter", await adapter.getAddress(), vault),
    smallest: 1n,
    largest: 100_000n * ETHER,
    exitFeeBps: 0n,
    dust: 2n,
    target: aave.addresses.pool,
    approvals: [{ token: weth, spenders: [aave.addresses.pool, aave.addresses.aToken] }],
    accrue: () => networkHelpers.time.increase(700 * 86_400).then(() => undefined),
    donate: async (amount) => lend(stranger, amount, await adapter.getAddress()),
    closings: [
      {
        name: "paused",
        close: () => send(aave.configurator, "setReservePause", wethAddress, true),
        exitLimit: () => 0n,
      },
      {
        name: "frozen",
        close: () => send(aave.configurator, "setReserveFreeze", wethAddress, true),
        exitLimit: (liquid) => liquid,
      },
      {
        name: "full",
        close: () => send(aave.configurator, "setSupplyCap", wethAddress, 1n),
        exitLimit: (liquid) => liquid,
      },
    ],
  };
}

describe("AaveV3Adapter", () => {
  const getVenue = isolate(deployVenue);
  syncConformance(getVenue);

  it("behavior: maxAllocate is accepted under a cap, and a little more is not", async () => {
    const venue = getVenue();
    await send(venue.aave.configurator, "setSupplyCap", venue.aave.weth, 210_000n);
    await venue.connection.networkHelpers.time.increase(3 * 86_400);
    const room = await venue.adapter.maxAllocate();
    expect(room).to.be.above(0n);
    expect(room).to.be.below(10_000n * ETHER);
    // Two blocks pass before the supply; the interest of two seconds is what the bound must leave.
    const margin = ETHER / 100n;
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), room + margin);
    await expect(venue.adapter.allocate(room + margin, 0n)).to.be.revertedWith("51"); // SUPPLY_CAP_EXCEEDED
    await venue.adapter.allocate(room - margin, 0n);
  });

  it("behavior: maxAllocate holds at the very block it was read in", async () => {
    const venue = getVenue();
    await send(venue.aave.configurator, "setSupplyCap", venue.aave.weth, 210_000n);
    await venue.connection.networkHelpers.time.increase(30 * 86_400);
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 10_000n * ETHER);
    const room = await venue.adapter.maxAllocate();
    const block = await venue.connection.ethers.provider.getBlock("latest");
    // Calls at a past block have its timestamp, so that no further interest accrues between view and supply.
    await venue.adapter.allocate.staticCall(room, 0n, { blockTag: block?.number ?? 0 });
    await expect(
      venue.adapter.allocate.staticCall(room + 10n, 0n, { blockTag: block?.number ?? 0 }),
    ).to.be.revertedWith("51");
  });

  it("behavior: what is lent out cannot leave", async () => {
    const venue = getVenue();
    await allocate(venue, 10_000n * ETHER);
    const available = await readBigint(venue.weth, "balanceOf", venue.aave.addresses.aToken);
    const [admin] = await venue.connection.ethers.getSigners();
    if (!admin) return expect.fail("the network has no account");
    await send(venue.aave.pool, "withdraw", venue.aave.weth, available - 3_000n * ETHER, admin.address);
    expect(await venue.adapter.maxDeallocate()).to.equal(3_000n * ETHER);
    await venue.adapter.deallocate(3_000n * ETHER, 3_000n * ETHER);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
  });

  it("behavior: since Aave 3.1 its own books bound the exit, whatever somebody sent to the aToken", async () => {
    const venue = getVenue();
    await allocate(venue, 10_000n * ETHER);
    const pool = await venue.connection.ethers.getContractAt("IAaveV3Pool", venue.aave.addresses.pool);
    for (const [books, expected] of [
      [3_000n * ETHER, 3_000n * ETHER],
      [10n ** 9n * ETHER, (await venue.adapter.realAssets()).liquid],
      [0n, 0n],
    ] as const) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await answering(venue.connection, venue.aave.addresses.pool, pool.interface, "getVirtualUnderlyingBalance", [
        books,
      ]);
      // Interest of the blocks since.
      expect(await venue.adapter.maxDeallocate()).to.be.closeTo(expected, ETHER / 1_000n);
      await expectRefusal(venue, () => venue.adapter.deallocate(expected + ETHER, 0n), "Adapter_LimitExceeded");
      await snapshot.restore();
    }
  });

  it("behavior: the index rounds against the position by a wei at most, entry by entry, exit by exit", async () => {
    const venue = getVenue();
    // An index above one: a wei of the asset is less than a wei of the scaled balance.
    expect(await venue.adapter.rate()).to.be.above(10n ** 18n);
    let put = 0n;
    for (let wei = 1n; wei <= 12n; wei += 1n) {
      const { liquid } = await venue.adapter.realAssets();
      await allocate(venue, wei);
      put += wei;
      const now = (await venue.adapter.realAssets()).liquid;
      expect(now, `${wei} wei`).to.be.within(liquid + wei - 1n, liquid + wei + 1n);
      // Many small entries: each may round the scaled balance half up, none creates value that cannot leave.
      expect(now).to.be.closeTo(put, wei);
    }
    const all = await venue.adapter.maxDeallocate();
    await venue.adapter.deallocate(all, all);
    expect((await venue.adapter.realAssets()).liquid).to.be.at.most(1n);
  });

  it("error: Adapter_BadTarget", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const factory = await ethers.getContractFactory("AaveV3Adapter");
    await expectRefusal(
      getVenue(),
      () => factory.deploy(venue.vault.address, venue.aave.weth, venue.stranger.address),
      "Adapter_BadTarget",
      [venue.stranger.address],
    );
    // An asset that the pool does not list has no aToken.
    await expectRefusal(
      getVenue(),
      () => factory.deploy(venue.vault.address, venue.aave.addresses.aToken, venue.aave.addresses.pool),
      "Adapter_BadTarget",
    );
  });
});
