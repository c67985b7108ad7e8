/** Safe, Chainlink and Multicall3 on the embedded chain are the contracts that mainnet readers know. */
import { createRequire } from "node:module";
import { expect } from "chai";
import { Contract, Interface, JsonRpcProvider, keccak256 } from "ethers";
import { z } from "zod";
import { type Chain, EMBEDDED_CHAIN_ID, startChain } from "../../embedded/chain.ts";
import { createFeed } from "../../embedded/chainlink.ts";
import { deployMulticall3, MULTICALL3 } from "../../embedded/multicall.ts";
import {
  createSafe,
  deploySafeInfrastructure,
  SAFE_VERSION,
  SafeKit,
  safeContractNetworks,
} from "../../embedded/safe.ts";
import type { Address } from "../../keeper/kernel/units.ts";

// protocol-kit brings Safe's published deployments along; they are resolved from where it lives.
const require = createRequire(createRequire(import.meta.url).resolve("@safe-global/protocol-kit"));
const published = z.object({
  deployments: z.object({ canonical: z.object({ address: z.string(), codeHash: z.string() }) }),
});
const PUBLISHED_FILES = {
  safeSingletonAddress: "safe_l2",
  safeProxyFactoryAddress: "safe_proxy_factory",
  multiSendAddress: "multi_send",
  multiSendCallOnlyAddress: "multi_send_call_only",
  fallbackHandlerAddress: "compatibility_fallback_handler",
  signMessageLibAddress: "sign_message_lib",
  createCallAddress: "create_call",
  simulateTxAccessorAddress: "simulate_tx_accessor",
} as const;

const AGGREGATOR_ABI = [
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function getRoundData(uint80) view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function decimals() view returns (uint8)",
  "function aggregator() view returns (address)",
  "function phaseId() view returns (uint16)",
];

describe("infrastructure of the embedded chain", () => {
  let chain: Chain;
  let remote: JsonRpcProvider;
  let deployer: Address;

  before(async () => {
    chain = await startChain({ initialDate: new Date(Date.UTC(2025, 0, 1)) });
    remote = new JsonRpcProvider(chain.url, EMBEDDED_CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
    deployer = accountAt(0);
    await deploySafeInfrastructure(chain, deployer);
  });

  after(async () => {
    remote.destroy();
    await chain.close();
  });

  const accountAt = (index: number): Address => chain.accounts[index]?.address ?? expect.fail(`no account ${index}`);

  for (const [key, file] of Object.entries(PUBLISHED_FILES)) {
    it(`Safe ${SAFE_VERSION}: ${key} has the published address and code hash`, async () => {
      const { canonical } = published.parse(
        require(`@safe-global/safe-deployments/dist/assets/v${SAFE_VERSION}/${file}.json`),
      ).deployments;
      const deployed = new Map(Object.entries(safeContractNetworks[String(EMBEDDED_CHAIN_ID)] ?? {})).get(key);
      expect(deployed).to.equal(canonical.address);
      expect(keccak256(await remote.getCode(canonical.address))).to.equal(canonical.codeHash);
    });
  }

  it("creates a 2-of-3 Safe whose owners and threshold are those asked for", async () => {
    const owners = [1, 2, 3].map(accountAt);
    const safe = new Contract(
      await createSafe(chain, deployer, { owners, threshold: 2 }),
      [
        "function getOwners() view returns (address[])",
        "function getThreshold() view returns (uint256)",
        "function VERSION() view returns (string)",
      ],
      remote,
    );
    expect([...(await safe.getFunction("getOwners")())]).to.deep.equal(owners);
    expect(await safe.getFunction("getThreshold")()).to.equal(2n);
    expect(await safe.getFunction("VERSION")()).to.equal(SAFE_VERSION);
  });

  it("two owners sign off chain and anyone executes, over HTTP alone", async () => {
    const owners = [1, 2, 3].map(accountAt);
    const safeAddress = await createSafe(chain, deployer, { owners, threshold: 2, saltNonce: "9" });
    const kitOf = async (index: number) =>
      await SafeKit.init({
        provider: chain.url,
        signer: chain.accounts[index]?.privateKey ?? "",
        safeAddress,
        contractNetworks: { ...safeContractNetworks },
      });
    const executor = await kitOf(5);
    // Calling the Safe's own threshold setter: an effect that only an executed Safe transaction can have.
    const data = new Interface(["function changeThreshold(uint256)"]).encodeFunctionData("changeThreshold", [3]);
    const transaction = await executor.createTransaction({ transactions: [{ to: safeAddress, value: "0", data }] });
    for (const index of [1, 2]) transaction.addSignature(await (await kitOf(index)).signTypedData(transaction, "v4"));
    await executor.executeTransaction(transaction);
    expect(await (await kitOf(1)).getThreshold()).to.equal(3);
  });

  it("another salt gives the same owners another Safe", async () => {
    const owners = [1, 2, 3].map(accountAt);
    const first = await createSafe(chain, deployer, { owners, threshold: 2, saltNonce: "7" });
    expect(await createSafe(chain, deployer, { owners, threshold: 2, saltNonce: "8" })).not.to.equal(first);
  });

  it("a feed answers through the genuine proxy, with the phase in its round ids and its past rounds readable", async () => {
    const feed = await createFeed(chain, deployer, {
      decimals: 18,
      description: "STETH / ETH",
      initialAnswer: 999_000_000_000_000_000n,
    });
    const time = await chain.now();
    await feed.pushRound(998_000_000_000_000_000n, time);
    const proxy = new Contract(feed.proxy, AGGREGATOR_ABI, remote);
    const latest = await proxy.getFunction("latestRoundData")();
    expect(latest.answer).to.equal(998_000_000_000_000_000n);
    expect(latest.updatedAt).to.equal(BigInt(time));
    expect(latest.roundId).to.equal((1n << 64n) + 2n);
    expect(latest.answeredInRound).to.equal(latest.roundId);
    expect((await proxy.getFunction("getRoundData")(latest.roundId - 1n)).answer).to.equal(999_000_000_000_000_000n);
    expect(await proxy.getFunction("decimals")()).to.equal(18n);
    expect(await proxy.getFunction("phaseId")()).to.equal(1n);
    expect(await proxy.getFunction("aggregator")()).to.equal(feed.aggregator);
  });

  it("Multicall3 stands at its canonical address and aggregates reads at past blocks", async () => {
    expect(await deployMulticall3(chain, deployer)).to.equal(MULTICALL3);
    const multicall = new Contract(
      MULTICALL3,
      [
        "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
        "function getCurrentBlockTimestamp() view returns (uint256)",
      ],
      remote,
    );
    const call = {
      target: MULTICALL3,
      allowFailure: false,
      callData: multicall.interface.encodeFunctionData("getCurrentBlockTimestamp"),
    };
    const block = await remote.getBlock("latest");
    if (block === null) expect.fail("no latest block");
    await createFeed(chain, deployer, { decimals: 8, description: "later blocks", initialAnswer: 1n });
    const results = await multicall.getFunction("aggregate3").staticCall([call, call], { blockTag: block.number });
    expect(
      results.map((result: { success: boolean; returnData: string }) => [result.success, BigInt(result.returnData)]),
    ).to.deep.equal([
      [true, BigInt(block.timestamp)],
      [true, BigInt(block.timestamp)],
    ]);
  });
});
