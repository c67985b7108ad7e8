import { expect } from "chai";
import { BlockHashMismatchError, NonArchiveNodeError } from "../../../keeper/chain/errors.ts";
import { parseConfig } from "../../../keeper/config/load.ts";
import { RequiredReadError } from "../../../keeper/data/errors.ts";
import { observe } from "../../../keeper/data/observe.ts";
import { anchorBlocks, blockAt, dayTargets, refineBlocks, sortTimed, timeOf } from "../../../keeper/data/timeline.ts";
import { address } from "../../../keeper/kernel/units.ts";
import { caught } from "../support/caught.ts";
import { addVenue, DAY, deployEngine, type Engine, ETHER, keeperConfig, mineDays } from "../support/engine.ts";

describe("observe: what is missing, late or odd", () => {
  let engine: Engine;
  let feed: string;
  const configOf = (strategies: number, days: number) =>
    parseConfig(keeperConfig(engine.server.url, engine.addresses, strategies, days), "test");
  const setBroken = async (index: number, broken: boolean): Promise<void> => {
    const venue = await engine.connection.ethers.getContractAt("LinearVenueDouble", engine.venues[index] ?? "");
    await venue.setBroken(broken);
  };

  before(async function () {
    this.timeout(60_000);
    engine = await deployEngine(2, 10);
    await mineDays(engine, 3, 12);
    await setBroken(1, true);
    await mineDays(engine, 3, 12);
    await setBroken(1, false);
    const aggregator = await engine.connection.ethers.deployContract("MockV3Aggregator", [18, ETHER]);
    feed = await aggregator.getAddress();
    await addVenue(engine.connection, engine.addresses, 3, feed);
    await mineDays(engine, 5, 12);
  });
  afterEach(() => {
    engine.server.fault = null;
  });
  after(() => engine.close());

  it("a venue that did not exist yet starts later and is not padded", async () => {
    const { history, flags } = await observe(engine.client, configOf(3, 10));
    const [old, , late] = history;
    expect(old?.timestamps).to.have.length(11);
    expect(late?.timestamps.length).to.be.within(5, 6);
    expect(
      flags.filter(({ code }) => code === "HISTORY_STARTS_LATE").map(({ strategyId }) => strategyId),
    ).to.deep.equal([3]);
  });

  it("days a venue could not be read are absent and flagged", async () => {
    const { history, flags } = await observe(engine.client, configOf(3, 10));
    const gap = flags.find(({ code }) => code === "HISTORY_GAP");
    expect(gap?.strategyId).to.equal(2);
    expect(history[1]?.timestamps.length).to.be.within(8, 9);
    expect(history[1]?.rates).to.have.length(history[1]?.timestamps.length ?? -1);
  });

  it("market ratios are the feed's answer over the protocol rate, and a stale feed excludes its strategy", async () => {
    const { history, flags, strategies } = await observe(engine.client, configOf(3, 10));
    const late = history[2];
    if (late === undefined || late.marketRatios === null) expect.fail("no market ratios");
    expect(late.marketRatios).to.deep.equal(late.rates.map((rate) => (ETHER * ETHER) / rate));
    expect(history[0]?.marketRatios).to.equal(null);
    const stale = flags.find(({ code }) => code === "FEED_STALE");
    expect(stale).to.include({ strategyId: 3, excludes: true });
    expect(flags.some(({ code }) => code === "MARKET_WAS_STALE")).to.equal(true);
    expect(strategies[2]?.price.status).to.equal("Frozen");
  });

  it("strategies the configuration does not know are flagged while they hold nothing", async () => {
    const { flags } = await observe(engine.client, configOf(1, 5));
    expect(flags.map(({ code }) => code)).to.include("STRATEGIES_NOT_CONFIGURED");
  });

  it("observes at a past block as it was", async () => {
    const head = await engine.client.header("latest");
    const past = await observe(engine.client, configOf(1, 3), head.number - 12);
    expect(past.provenance.blockNumber).to.equal(head.number - 12);
    expect(past.provenance.timestamp).to.be.lessThan(head.timestamp - DAY + 7_200);
    expect(past.history[0]?.timestamps.at(-1)).to.equal(past.provenance.timestamp);
  });

  it("gives the same snapshot twice at one block", async () => {
    const head = await engine.client.header("latest");
    const [a, b] = [
      await observe(engine.client, configOf(3, 10), head.number),
      await observe(engine.client, configOf(3, 10), head.number),
    ];
    expect(a).to.deep.equal(b);
  });

  it("an adapter that does not answer keeps its own strategy out, at its book value, and no other", async () => {
    const whole = await observe(engine.client, configOf(3, 5));
    await setBroken(0, true);
    try {
      const { strategies, flags, history } = await observe(engine.client, configOf(3, 5));
      const [broken, ...others] = strategies;
      expect(broken?.fault).to.match(
        /^(realAssets|maxAllocate|maxDeallocate): .*(VenueBroken|0x|RateZero|unknown error)/,
      );
      expect(broken).to.include({ value: broken?.debt, liquid: 0n, maxAllocate: 0n, maxDeallocate: 0n });
      expect(others.map(({ fault }) => fault)).to.deep.equal([null, null]);
      expect(
        flags.filter(({ excludes }) => excludes).map(({ strategyId, code }) => `${strategyId} ${code}`),
      ).to.include("1 ADAPTER_FAULT");
      expect(history.map(({ id }) => id)).to.deep.equal([2, 3]);
      expect(whole.history.map(({ id }) => id)).to.deep.equal([1, 2, 3]);
    } finally {
      await setBroken(0, false);
    }
  });

  it("error: RequiredReadError when the configured vault is no vault", async () => {
    const config = configOf(1, 5);
    const addresses = { ...config.addresses, vault: address(engine.addresses.weth) };
    expect((await caught(observe(engine.client, { ...config, addresses }), RequiredReadError)).what).to.equal(
      "LiquidityVault.debtOf(1)",
    );
  });

  it("error: NonArchiveNodeError when the node has pruned the past", async () => {
    const head = await engine.client.header("latest");
    engine.server.fault = ({ method, params }) =>
      method === "eth_call" && Number(params[1]) < head.number - 20
        ? { error: { code: -32000, message: "missing trie node 00aa" } }
        : undefined;
    await caught(observe(engine.client, configOf(1, 5)), NonArchiveNodeError);
  });

  it("error: BlockHashMismatchError when the pinned block is replaced meanwhile", async () => {
    const head = await engine.client.header("latest");
    engine.server.fault = ({ method, params }) =>
      method === "eth_getBlockByNumber" && Number(params[0]) === head.number
        ? { result: { number: params[0], hash: `0x${"0f".repeat(32)}`, timestamp: "0x1" } }
        : undefined;
    const error = await caught(observe(engine.client, configOf(1, 5)), BlockHashMismatchError);
    expect(error).to.include({ block: head.number, expected: head.hash });
  });

  it("a strategy whose feed never answered is kept out, the others are not", async () => {
    engine.server.fault = null;
    const aggregator = await engine.connection.ethers.getContractAt("MockV3Aggregator", feed);
    await aggregator.updateAnswer(-1);
    const head = await engine.client.header("latest");
    // Only the pinned block and none before it is younger than the dead answer: the earlier days still have a price.
    const { flags } = await observe(engine.client, configOf(3, 3), head.number);
    expect(flags.some(({ code, strategyId }) => code === "MARKET_GAP" && strategyId === 3)).to.equal(true);
    await mineDays(engine, 3, 2);
    const late = await observe(engine.client, configOf(3, 2));
    expect(late.flags.filter(({ code }) => code === "NO_HISTORY")).to.deep.equal([
      {
        strategyId: 3,
        code: "NO_HISTORY",
        message: "Venue 3: it has no usable history (its market feed answered at none of the sampled blocks)",
        excludes: true,
      },
    ]);
    expect(late.history.map(({ id }) => id)).to.deep.equal([1, 2]);
  });
});

describe("timeline", () => {
  const pinned = { number: 1_000, timestamp: 1_000 * 12 };
  it("spreads anchors over the days and never beyond genesis", () => {
    expect(anchorBlocks({ number: 10_000, timestamp: 0 }, 1, 4)).to.deep.equal([2_800, 4_600, 6_400, 8_200]);
    expect(anchorBlocks({ number: 3, timestamp: 0 }, 365, 24)).to.deep.equal([0, 1, 2]);
  });
  it("interpolates both ways between known blocks", () => {
    const points = sortTimed([pinned, { number: 0, timestamp: 0 }]);
    expect(blockAt(points, 6_000)).to.equal(500);
    expect(timeOf(points, 250)).to.equal(3_000);
    expect(blockAt(points, -1)).to.equal(null);
    expect(timeOf(points, 1_001)).to.equal(null);
  });
  it("looks again only where a closer block can exist", () => {
    // An outage: blocks 500 and 501 are ten hours apart.
    const points = sortTimed([
      { number: 0, timestamp: 0 },
      { number: 500, timestamp: 6_000 },
      { number: 501, timestamp: 42_000 },
      { number: 1_000, timestamp: 48_000 },
    ]);
    const samples = [
      { number: 500, timestamp: 6_000, target: 20_000 },
      { number: 0, timestamp: 0, target: 3_000 },
    ];
    expect(refineBlocks(samples, points, 1_000)).to.deep.equal([{ target: 3_000, block: 250 }]);
  });
  it("ends the days at the pinned block's time of day", () => {
    expect(dayTargets({ number: 9, timestamp: 10 * DAY + 5 }, 2)).to.deep.equal([8 * DAY + 5, 9 * DAY + 5]);
  });
});
