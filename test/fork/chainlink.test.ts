/** The real Chainlink proxies and aggregators that the OracleGuard is to read. */
import { expect } from "chai";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";

describe("Chainlink feeds on mainnet", () => {
  let mainnet: Mainnet;
  onMainnet(async (opened) => {
    mainnet = opened;
  });

  // Wide, because they hold for any block since 2023: a broken decode or a wrong feed is orders away.
  const feeds = [
    { name: "ETH/USD", entry: MAINNET.feedEthUsd, decimals: 8n, low: 500n * 10n ** 8n, high: 20_000n * 10n ** 8n },
    { name: "stETH/ETH", entry: MAINNET.feedStEthEth, decimals: 18n, low: 9n * 10n ** 17n, high: 11n * 10n ** 17n },
    { name: "rsETH/ETH", entry: MAINNET.feedRsEthEth, decimals: 18n, low: 9n * 10n ** 17n, high: 13n * 10n ** 17n },
    { name: "ezETH/ETH", entry: MAINNET.feedEzEthEth, decimals: 18n, low: 7n * 10n ** 17n, high: 13n * 10n ** 17n },
    { name: "weETH/ETH", entry: MAINNET.feedWeEthEth, decimals: 18n, low: 10n ** 18n, high: 13n * 10n ** 17n },
  ];
  for (const { name, entry, decimals, low, high } of feeds) {
    it(`default: ${name} answers a plausible price and says how old it is`, async () => {
      const { ethers } = mainnet.connection;
      const feed = await ethers.getContractAt("EACAggregatorProxy", entry.address);
      expect(await feed.decimals()).to.equal(decimals);
      const round = await feed.latestRoundData();
      expect(round.answer).to.be.within(low, high);
      expect(round.updatedAt).to.be.above(0n);
      const now = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
      console.log(`      ${name} ${round.answer}, age ${now - round.updatedAt} s`);
      // The recording took the LRT feeds from a dump of 2025-02-07, after its own clock: their age means nothing there.
      if (mainnet.origin === "fork") expect(round.updatedAt).to.be.at.most(now);
    });
  }
});
