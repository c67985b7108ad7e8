/** Chores around the redeem queue, on the genuine core: what is due, what is not, and that doing it pays people out. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { network } from "hardhat";
import { type ChainClient, createClient } from "../../../keeper/chain/client.ts";
import { createSender } from "../../../keeper/chain/sender.ts";
import { parseConfig } from "../../../keeper/config/load.ts";
import type { KeeperConfig } from "../../../keeper/config/schema.ts";
import { observe } from "../../../keeper/data/observe.ts";
import { dueChores, maintain } from "../../../keeper/execute/maintain.ts";
import { readQueue } from "../../../keeper/execute/queue.ts";
import { systemClock } from "../../../keeper/kernel/clock.ts";
import { BATCH_SECONDS, type Core, deployCore, ETHER, KIND, leg } from "../../support/core.ts";
import { keeperConfig } from "../support/engine.ts";
import { type RpcServer, serve } from "../support/rpc-server.ts";

const { ethers, networkHelpers, provider } = await network.create();
const { time } = networkHelpers;
const HOUR = 3_600;

describe("maintenance of the redeem queue", function () {
  this.timeout(60_000);
  let server: RpcServer;
  let client: ChainClient;
  let folder: string;
  let core: Core;
  let config: KeeperConfig;
  const keeper = new Wallet(`0x${"4c".repeat(32)}`);
  const fixture = async () => {
    const fresh = await deployCore(ethers, "1.5.0");
    const multicall = await ethers.deployContract("Multicall3Double");
    await fresh.admin.sendTransaction({ to: keeper.address, value: ETHER });
    return { fresh, multicall: await multicall.getAddress() };
  };

  before(async () => {
    server = await serve({ request: ({ method, params }) => provider.request({ method, params: params ?? [] }) });
    client = await createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 30_000 });
    folder = await mkdtemp(join(tmpdir(), "maintain-"));
  });
  beforeEach(async () => {
    const { fresh, multicall } = await networkHelpers.loadFixture(fixture);
    core = fresh;
    const addresses = {
      vault: await core.vault.getAddress(),
      registry: await core.registry.getAddress(),
      guard: await core.guard.getAddress(),
      module: await core.module.getAddress(),
      multicall,
    };
    config = parseConfig(keeperConfig(server.url, addresses, 8), "test");
  });
  after(async () => {
    client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const kinds = async () => (await dueChores(client, config)).due.map(({ kind }) => kind);
  const run = async (name: string) => {
    const settings = { ...config, txLog: join(folder, `${name}.jsonl`) };
    return maintain(createSender(client, keeper, settings, systemClock, { pollMs: 10 }), config);
  };
  /** `amount` WETH in each of strategies 1 to 4. */
  async function place(amount: bigint): Promise<void> {
    const proposal = await core.publish([1, 2, 3, 4].map((id) => leg(id, KIND.Allocate, amount)));
    await core.module.execute(proposal, await core.signed(proposal));
  }
  async function request(shares: bigint): Promise<void> {
    await core.vault.connect(core.depositor).approve(core.queue, shares);
    await core.queue.connect(core.depositor).requestRedeem(shares, core.depositor.address, core.depositor.address);
  }

  it("has nothing to do where nothing is placed and nobody asks", async () => {
    expect(await dueChores(client, config)).to.deep.include({ due: [], blocked: [] });
    expect((await run("idle")).done).to.deep.equal([]);
  });

  it("reports, prices and pays a request out of idle, in one run, once its batch has ended", async () => {
    await place(20n * ETHER);
    const shares = (await core.vault.balanceOf(core.depositor.address)) / 10n;
    await request(shares);
    expect(await kinds()).to.deep.equal([]);
    const open = await readQueue(client, config);
    expect(open?.batches.map(({ state }) => state)).to.deep.equal(["open"]);
    expect(open?.pending).to.equal(10n * ETHER);

    await time.increase(BATCH_SECONDS);
    expect(await kinds()).to.deep.equal(["report"]);
    const { done, blocked } = await run("pays");
    expect(done.map(({ kind }) => kind)).to.deep.equal(["report", "price"]);
    expect(blocked).to.deep.equal([]);
    const paid = await readQueue(client, config);
    expect(paid).to.include({ owed: 0n, pending: 0n });
    expect(paid?.batches.map(({ state, assets }) => `${state} ${assets}`)).to.deep.equal([`paid ${10n * ETHER}`]);
    expect(await core.queue.maxRedeem(core.depositor.address)).to.equal(shares);
    expect(await kinds()).to.deep.equal([]);
  });

  it("says what is owed beyond reach, and pays it as soon as money is home", async () => {
    await place(20n * ETHER);
    await request((await core.vault.balanceOf(core.depositor.address)) / 2n);
    await time.increase(BATCH_SECONDS);
    expect((await run("short")).done.map(({ kind }) => kind)).to.deep.equal(["report", "price"]);
    const reading = await readQueue(client, config);
    expect(reading).to.include({ owed: 30n * ETHER, idle: 0n });
    const chores = await dueChores(client, config);
    expect(chores.due).to.deep.equal([]);
    expect(chores.blocked.join()).to.contain("30.000000 WETH are owed and nothing can be paid at once");

    // The keeper's own view: 30 of 80 are no NAV any more, and idle must come to buffer and debt.
    const proposal = await core.publish([leg(1, KIND.Deallocate, 20n * ETHER), leg(2, KIND.Deallocate, 15n * ETHER)]);
    await core.module.execute(proposal, await core.signed(proposal));
    expect(await kinds()).to.deep.equal(["fund"]);
    const { done } = await run("funds");
    expect(done.map(({ kind }) => kind)).to.deep.equal(["fund"]);
    expect(await readQueue(client, config)).to.include({ owed: 0n, idle: 5n * ETHER });
  });

  it("observes what the queue is owed and about to be owed, and the books still add up", async () => {
    await place(20n * ETHER);
    await request((await core.vault.balanceOf(core.depositor.address)) / 2n);
    await time.increase(BATCH_SECONDS);
    await run("books");
    await request((await core.vault.balanceOf(core.depositor.address)) / 5n);
    await networkHelpers.mine(3, { interval: 86_400 });
    const { vault } = await observe(client, { ...config, history: { days: 2, gasDays: 1 } });
    expect(vault).to.include({ queueOwed: 30n * ETHER, nav: 50n * ETHER, queuePending: 10n * ETHER });
    expect(vault.minimumIdle).to.equal(32n * ETHER + ETHER / 2n);
  });

  it("reports well before exits would close for the age of a report, and no sooner", async () => {
    await place(20n * ETHER);
    await time.increase(11 * HOUR);
    expect(await kinds()).to.deep.equal([]);
    await time.increase(2 * HOUR);
    expect(await kinds()).to.deep.equal(["report"]);
    expect((await dueChores(client, config)).due[0]?.why).to.match(/oldest report is 13\.\d h old of 24\.0 h allowed/);
    expect((await run("age")).done.map(({ kind }) => kind)).to.deep.equal(["report"]);
    expect(await kinds()).to.deep.equal([]);
  });

  it("collects finished exits, small ones only when the queue needs them", async () => {
    await place(20n * ETHER);
    const adapter = core.adapters[0] ?? expect.fail("no adapter");
    await time.increase(7 * HOUR);
    const proposal = await core.publish([leg(1, KIND.RequestExit, 5n * ETHER)]);
    await core.module.execute(proposal, await core.signed(proposal));
    await adapter.finishExits();
    expect((await dueChores(client, config)).due.map(({ kind, why }) => `${kind}: ${why}`)).to.include(
      "claim: 5.000000 WETH of finished exits wait at Venue 1",
    );
    expect((await run("claims")).done.map(({ kind }) => kind)).to.include("claim");
    expect(await core.vault.idle()).to.equal(25n * ETHER);
  });

  it("leaves a silent adapter to the guardian, and says so", async () => {
    await place(20n * ETHER);
    await time.increase(13 * HOUR);
    const adapter = core.adapters[1] ?? expect.fail("no adapter");
    await adapter.setReading(1);
    const { due, blocked } = await dueChores(client, config);
    expect(due.map(({ kind }) => kind)).to.deep.equal(["report"]);
    expect(blocked.join()).to.contain("Venue 2 cannot be reported: its adapter does not answer");
  });
});
