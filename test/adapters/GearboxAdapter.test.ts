/** GearboxAdapter, and the plain Erc4626Adapter, on the genuine Gearbox PoolV3. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { syncConformance } from "../support/conformance.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployGearbox, type GearboxDeployment } from "../support/genuine/gearbox.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { allocate, connect, ETHER, expectRefusal, fund, sendWeth, type Venue, WAD } from "../support/venue.ts";

interface GearboxVenue extends Venue {
  readonly gearbox: GearboxDeployment;
  readonly admin: Venue["vault"];
}

const deployVenue =
  (contract: "Erc4626Adapter" | "GearboxAdapter", withdrawFeeBps: bigint) => async (): Promise<GearboxVenue> => {
    const connection = await connect();
    const { ethers, networkHelpers } = connection;
    const [admin, vault, stranger] = await ethers.getSigners();
    if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
    const weth = await deployWeth(admin);
    const wethAddress = await weth.getAddress();
    const gearbox = await deployGearbox(admin, wethAddress, { withdrawFeeBps });
    for (const { address } of [admin, vault, stranger]) await fund(connection, address, 1_000_000n * ETHER);
    const lend = async (lender: typeof stranger, amount: bigint, receiver: string) => {
      await sendWeth(weth, lender, lender.address, amount);
      await send(at(wethAddress, weth.interface, lender), "approve", gearbox.addresses.pool, amount);
      await send(at(gearbox.addresses.pool, gearbox.pool.interface, lender), "deposit", amount, receiver);
    };
    await lend(admin, 200_000n * ETHER, admin.address);
    await send(gearbox.creditManager, "borrow", 120_000n * ETHER, admin.address);
    await networkHelpers.time.increase(211 * 86_400);
    const adapter = await ethers.deployContract(contract, [vault.address, wethAddress, gearbox.addresses.pool]);
    return {
      connection,
      weth,
      vault,
      stranger,
      gearbox,
      admin,
      adapter: await ethers.getContractAt("IStrategyAdapter", await adapter.getAddress(), vault),
      // One wei buys no whole share once a share is worth more.
      smallest: 3n,
      largest: 100_000n * ETHER,
      exitFeeBps: withdrawFeeBps,
      dust: 3n,
      target: gearbox.addresses.pool,
      approvals: [{ token: weth, spenders: [gearbox.addresses.pool] }],
      accrue: () => networkHelpers.time.increase(1_500 * 86_400).then(() => undefined),
      donate: async (amount) => lend(stranger, amount, await adapter.getAddress()),
      closings: [{ name: "paused", close: () => send(gearbox.pool, "pause"), exitLimit: () => 0n }],
    };
  };

describe("Erc4626Adapter", () => {
  syncConformance(isolate(deployVenue("Erc4626Adapter", 0n)));
});

describe("GearboxAdapter", () => {
  const getVenue = isolate(deployVenue("GearboxAdapter", 50n));
  syncConformance(getVenue);

  it("behavior: value and rate are after the fee of leaving", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(995n * ETHER, ETHER / 1_000n);
    const share = await readBigint(venue.gearbox.pool, "convertToAssets", WAD);
    expect(await venue.adapter.rate()).to.equal((share * 9_950n) / 10_000n);
  });

  it("behavior: what is lent out cannot leave", async () => {
    const venue = getVenue();
    await allocate(venue, 10_000n * ETHER);
    const available = await readBigint(venue.gearbox.pool, "availableLiquidity");
    await send(venue.gearbox.creditManager, "borrow", available - 1_000n * ETHER, venue.admin.address);
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.equal(995n * ETHER);
    await venue.adapter.deallocate(limit, limit);
    expect(await venue.adapter.maxDeallocate()).to.be.at.most(1n);
  });

  it("behavior: a loss of the pool shows at once", async () => {
    const venue = getVenue();
    await allocate(venue, 100_000n * ETHER);
    const { liquid } = await venue.adapter.realAssets();
    // Nobody but lenders bears it: the treasury holds no shares to burn, its fee goes to the admin in WETH.
    await send(
      venue.gearbox.pool,
      "transfer",
      venue.stranger.address,
      await readBigint(venue.gearbox.pool, "balanceOf", venue.admin.address),
    );
    await send(venue.gearbox.creditManager, "writeOff", 30_000n * ETHER);
    const total = await readBigint(venue.gearbox.pool, "expectedLiquidity");
    const expected = (liquid * total) / (total + 30_000n * ETHER);
    expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(expected, ETHER);
    expect(await venue.adapter.rate()).to.be.below(WAD);
  });

  it("error: Adapter_BadTarget for a withdrawal fee above PoolV3's own ceiling", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("GearboxAdapter");
    const weth = await venue.weth.getAddress();
    const { pool } = venue.gearbox.addresses;
    const deploy = () => factory.deploy(venue.vault.address, weth, pool);
    await answering(venue.connection, pool, venue.gearbox.pool.interface, "withdrawFee", [100]);
    await deploy();
    await answering(venue.connection, pool, venue.gearbox.pool.interface, "withdrawFee", [101]);
    await expectRefusal(venue, deploy, "Adapter_BadTarget", [pool]);
  });

  it("error: Adapter_BadTarget and Adapter_AssetMismatch", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const factory = await ethers.getContractFactory("GearboxAdapter");
    const weth = await venue.weth.getAddress();
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, weth, venue.stranger.address),
      "Adapter_BadTarget",
    );
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.gearbox.addresses.pool, venue.gearbox.addresses.pool),
      "Adapter_AssetMismatch",
      [venue.gearbox.addresses.pool, venue.gearbox.addresses.pool, weth],
    );
  });
});
