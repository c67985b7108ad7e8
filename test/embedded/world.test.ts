/** The world lives as its market says: to the wei where a number is set, to the rate model's precision where one is solved. */
import { existsSync } from "node:fs";
import { expect } from "chai";
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import { z } from "zod";
import { EmbeddedClockError, LendingRateUnreachableError, MarketExhaustedError } from "../../embedded/errors.ts";
import { solveDebt } from "../../embedded/market/lending.ts";
import { createDriver } from "../../embedded/market/live.ts";
import { recordedMarket } from "../../embedded/market/recorded.ts";
import { CAST, createWorld, type World } from "../../embedded/world.ts";
import { fromWad, SECONDS_PER_DAY, toWad } from "../../keeper/kernel/units.ts";
import { EEthDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/etherfi/EEthDouble__factory.ts";
import { LiquidityPoolDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/etherfi/LiquidityPoolDouble__factory.ts";
import { WithdrawRequestNftDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/etherfi/WithdrawRequestNftDouble__factory.ts";
import { StEthDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/lido/StEthDouble__factory.ts";
import { WithdrawalQueueDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/lido/WithdrawalQueueDouble__factory.ts";
import { expectClose } from "../support/close.ts";

const SHARED = new URL("../../../shared/data/", import.meta.url).pathname;
const ETHER = 10n ** 18n;
const RAY = 1e27;
const FEED_ABI = [
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
];

const latestRound = async (world: World, proxy: string): Promise<{ answer: bigint; updatedAt: bigint }> =>
  z
    .object({ answer: z.bigint(), updatedAt: z.bigint() })
    .parse(
      (await new Contract(proxy, FEED_ABI, world.chain.ethers.provider).getFunction("latestRoundData")()).toObject(),
    );

const aaveReserve = async (world: World) =>
  z
    .object({ liquidityRate: z.bigint(), liquidityIndex: z.bigint() })
    .parse(
      (await world.handles.aave.dataProvider.getFunction("getReserveData").staticCall(world.addresses.weth)).toObject(),
    );

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

describe("world", () => {
  describe("on a synthetic market", () => {
    const HISTORY = 10;
    let world: World;

    before(async () => {
      world = await createWorld({ seed: 11, historyDays: HISTORY });
    });

    after(async () => {
      await world.close();
    });

    it("stands at 00:00 UTC of the day after its history", async () => {
      expect(await world.chain.now()).to.equal(world.market.days[HISTORY]?.start);
      expect(world.driver.today()).to.equal(world.market.days[HISTORY]);
      expect(world.driver.daysLeft()).to.equal(world.market.days.length - HISTORY);
    });

    it("has code at every address it names, seen over HTTP", async () => {
      const remote = new JsonRpcProvider(world.addresses.url);
      const { weth, multicall3, safe, aave, gearbox, lido, etherFi, feeds } = world.addresses;
      const named = [
        weth,
        multicall3,
        safe,
        ...Object.values(aave),
        ...Object.values(gearbox ?? {}),
        ...Object.values(lido),
        ...Object.values(etherFi),
        ...Object.values(feeds),
      ];
      expect(named.length).to.equal(18);
      for (const address of named) expect(await remote.getCode(address ?? ""), String(address)).not.to.equal("0x");
      remote.destroy();
    });

    it("sets staking rates to the exact product of the days' growth", async () => {
      const past = world.market.days.slice(0, HISTORY);
      const { initial } = world.market;
      const compound = (start: number, of: (day: (typeof past)[number]) => number) =>
        past.reduce((rate, day) => rate * (1 + of(day)), start);
      expect(await world.handles.lido.rate()).to.equal(toWad(compound(initial.stethRate, (day) => day.stethReturn)));
      expect(await world.handles.etherFi.rate()).to.equal(toWad(compound(initial.weethRate, (day) => day.weethReturn)));
    });

    it("publishes the closing prices at midnight", async () => {
      const day = world.market.days[HISTORY - 1] ?? expect.fail("no such day");
      const steth = await latestRound(world, world.addresses.feeds.stethEth);
      expect(steth).to.deep.equal({ answer: toWad(day.stethPrice), updatedAt: BigInt(day.start + SECONDS_PER_DAY) });
      const weeth = await latestRound(world, world.addresses.feeds.weethEth);
      expect(relative(fromWad(weeth.answer), day.weethRatio * fromWad(await world.handles.etherFi.rate()))).to.be.below(
        1e-12,
      );
      const usd = await latestRound(world, world.addresses.feeds.ethUsd ?? "");
      expect(usd.answer).to.equal(BigInt(Math.round((day.ethUsd ?? 0) * 1e8)));
    });

    it("keeps each hour's base fee readable in eth_feeHistory", async () => {
      const history = z
        .object({ baseFeePerGas: z.array(z.string()) })
        .parse(await world.chain.request("eth_feeHistory", "0x18", "latest", []));
      const yesterday = world.market.days[HISTORY - 1]?.baseFees ?? [];
      const expected = [...yesterday.slice(1), world.market.days[HISTORY]?.baseFees[0]];
      expect(history.baseFeePerGas.slice(0, 24).map(BigInt)).to.deep.equal(expected);
    });

    it("pays the day's lending rates on the genuine pools to better than one in a million, every day", async () => {
      for (let day = 0; day < 3; day += 1) {
        const today = world.driver.today();
        expect(relative(Number((await aaveReserve(world)).liquidityRate) / RAY, today.aaveSupplyRate)).to.be.below(
          1e-6,
        );
        const gearbox = world.handles.gearbox ?? expect.fail("no Gearbox");
        const paid = z.bigint().parse(await gearbox.pool.getFunction("supplyRate").staticCall());
        expect(relative(Number(paid) / RAY, today.gearboxSupplyRate ?? 0)).to.be.below(1e-6);
        await world.driver.advance(1);
      }
    });

    it("restores the rate after a large deposit has pushed it down", async () => {
      const { weth, aave } = world.handles;
      const depositor = await world.chain.ethers.getSigner(world.account("firstDepositor").address);
      const amount = 5_000n * ETHER;
      const token = new Contract(world.addresses.weth, weth.interface, depositor);
      await (await token.getFunction("deposit").send({ value: amount })).wait();
      await (await token.getFunction("approve").send(aave.addresses.pool, amount)).wait();
      const pool = new Contract(aave.addresses.pool, aave.pool.interface, depositor);
      await (
        await pool
          .getFunction("supply(address,uint256,address,uint16)")
          .send(world.addresses.weth, amount, depositor.address, 0)
      ).wait();
      const wanted = world.driver.today().aaveSupplyRate;
      expect(relative(Number((await aaveReserve(world)).liquidityRate) / RAY, wanted)).to.be.above(1e-3);
      await world.driver.holdRates();
      expect(relative(Number((await aaveReserve(world)).liquidityRate) / RAY, wanted)).to.be.below(1e-6);
    });

    it("finalizes withdrawal requests once they are as old as the queue, and not a day sooner", async () => {
      const holder = await world.chain.ethers.getSigner(world.account("secondDepositor").address);
      const { lido, etherFi } = world.addresses;
      const steth = StEthDouble__factory.connect(lido.steth, holder);
      const queue = WithdrawalQueueDouble__factory.connect(lido.withdrawalQueue, holder);
      const pool = LiquidityPoolDouble__factory.connect(etherFi.liquidityPool, holder);
      const requests = WithdrawRequestNftDouble__factory.connect(etherFi.withdrawRequestNft, holder);
      await (await steth.submit(holder.address, { value: 20n * ETHER })).wait();
      await (await steth.approve(lido.withdrawalQueue, 20n * ETHER)).wait();
      await (await queue.requestWithdrawals([10n * ETHER, 5n * ETHER], holder.address)).wait();
      await (await pool["deposit()"]({ value: 20n * ETHER })).wait();
      await (
        await EEthDouble__factory.connect(etherFi.eeth, holder).approve(etherFi.liquidityPool, 20n * ETHER)
      ).wait();
      await (await pool.requestWithdraw(holder.address, 10n * ETHER)).wait();
      const requestedAt = await world.chain.now();

      let waited = 0;
      for (;;) {
        const closing = world.driver.today();
        await world.driver.advance(1);
        waited += 1;
        const isDue = requestedAt <= closing.start + SECONDS_PER_DAY - closing.queueDelayDays * SECONDS_PER_DAY;
        expect((await queue.getLastFinalizedRequestId()) === 2n, `Lido after ${waited} days`).to.equal(isDue);
        expect(await requests.isFinalized(1n), `ether.fi after ${waited} days`).to.equal(isDue);
        if (isDue) break;
        expect(waited).to.be.below(10);
      }
      expect(waited).to.be.above(1);

      const before = await world.chain.ethers.provider.getBalance(holder.address);
      await (await queue.claimWithdrawal(1n)).wait();
      await (await requests.claimWithdraw(1n)).wait();
      const received = (await world.chain.ethers.provider.getBalance(holder.address)) - before;
      // Both pay at most what was asked for; gas and a wei of rounding are what is missing.
      expectClose(fromWad(received), 20, 0.02);
    });

    it("keeps a stranger's transactions within the day", async () => {
      const remote = new JsonRpcProvider(world.addresses.url);
      const wallet = new Wallet(world.account("keeper").privateKey, remote);
      await (await wallet.sendTransaction({ to: wallet.address, value: 1n })).wait();
      remote.destroy();
      const { start } = world.driver.today();
      expect(await world.chain.now()).to.be.within(start, start + 3_600);
      await world.driver.advance(1);
      expect(await world.chain.now()).to.equal(start + SECONDS_PER_DAY);
    });

    it("error: EmbeddedClockError when someone moved the clock past midnight, and the day can then not be lived twice", async () => {
      const rate = await world.handles.lido.rate();
      const snapshot = await world.chain.request("evm_snapshot");
      await world.chain.request("evm_increaseTime", 2 * SECONDS_PER_DAY);
      await world.chain.request("evm_mine");
      await expectError(world.driver.advance(1), EmbeddedClockError);
      await world.chain.request("evm_revert", snapshot);
      const growth = world.driver.today().stethReturn;
      await world.driver.advance(1);
      expectClose(fromWad(await world.handles.lido.rate()) / fromWad(rate) - 1, growth, 1e-14);
    });

    it("error: MarketExhaustedError when more days are asked for than there are, before any is lived", async () => {
      const now = await world.chain.now();
      await expectError(world.driver.advance(10_000), MarketExhaustedError);
      expect(await world.chain.now()).to.equal(now);
    });

    it("error: EmbeddedClockError when a market opens on a chain that is past its first day", async () => {
      const { lido, etherFi, feeds } = world.handles;
      const idle = { venue: "idle", calls: async () => [], supplyRate: async () => 0n };
      const venues = {
        steth: lido,
        weeth: etherFi,
        aave: idle,
        venues: [],
        gearbox: null,
        stethEth: feeds.stethEth,
        weethEth: feeds.weethEth,
        ethUsd: null,
      };
      await expectError(createDriver(world.chain, venues, world.market), EmbeddedClockError);
    });

    it("error: LendingRateUnreachableError when no debt yields the rate", () => {
      expect(() => solveDebt("a venue", 11n, 10n, (debt) => debt)).to.throw(LendingRateUnreachableError);
      expect(solveDebt("a venue", 7n, 10n, (debt) => debt)).to.equal(7n);
      expect(solveDebt("a venue", 0n, 10n, (debt) => debt)).to.equal(0n);
    });
  });

  it("is the same chain, to the hash of its last block, for the same seed", async () => {
    const hashes = [];
    for (let run = 0; run < 2; run += 1) {
      const world = await createWorld({ seed: 5, historyDays: 3 });
      hashes.push((await world.chain.ethers.provider.getBlock("latest"))?.hash);
      await world.close();
    }
    expect(hashes[0]).to.be.a("string");
    expect(hashes[1]).to.equal(hashes[0]);
  });

  it("gives everyone in the cast an account of his own", () => {
    const indexes = Object.values(CAST);
    expect(new Set(indexes).size).to.equal(indexes.length);
  });

  describe("on the recorded market", () => {
    const days = 365;

    it("grows on chain as the tables say over the year, within 0.02 percentage points", async function () {
      if (!existsSync(SHARED)) this.skip();
      this.timeout(180_000);
      const world = await createWorld({ marketDir: SHARED, assumedQueueDelayDays: 3, historyDays: 0 });
      try {
        const { lido, etherFi } = world.handles;
        const levels = async () => ({
          wsteth:
            fromWad(await lido.rate()) * fromWad((await latestRound(world, world.addresses.feeds.stethEth)).answer),
          weeth: fromWad((await latestRound(world, world.addresses.feeds.weethEth)).answer),
          wstethRate: fromWad(await lido.rate()),
          weethRate: fromWad(await etherFi.rate()),
          aave: Number((await aaveReserve(world)).liquidityIndex),
        });
        const start = await levels();
        await world.driver.advance(days);
        const end = await levels();
        const first = world.market.days[0]?.date ?? "";
        const held = recordedMarket({ directory: SHARED, assumedQueueDelayDays: 3 }).holdReturns(
          first,
          world.market.days[days - 1]?.date ?? "",
        );
        const tolerance = 0.0002;
        expectClose(end.wsteth / start.wsteth - 1, held.wstETH_mkt, tolerance);
        expectClose(end.wstethRate / start.wstethRate - 1, held.wstETH_prot, tolerance);
        expectClose(end.weeth / start.weeth - 1, held.weETH_mkt, tolerance);
        expectClose(end.aave / start.aave - 1, held.aave_WETH, tolerance);
        expect(world.addresses.gearbox).to.equal(null);
      } finally {
        await world.close();
      }
    });
  });
});

async function expectError(promise: Promise<unknown>, type: abstract new (...args: never[]) => Error): Promise<void> {
  try {
    await promise;
  } catch (failure) {
    expect(failure).to.be.instanceOf(type);
    return;
  }
  expect.fail(`no ${type.name} was thrown`);
}
