/** The embedded chain is an ordinary JSON-RPC node whose clock and fees are decided by the market. */
import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";
import { z } from "zod";
import { mineBlock, send } from "../../embedded/block.ts";
import { BLOCK_GAS_LIMIT, type Chain, type ChainAccount, EMBEDDED_CHAIN_ID, startChain } from "../../embedded/chain.ts";
import {
  EmbeddedClockError,
  EmbeddedPortInUseError,
  EmbeddedTransactionFailedError,
  EmbeddedTransactionNotMinedError,
} from "../../embedded/errors.ts";
import { SECONDS_PER_SLOT } from "../../embedded/pace.ts";

const GENESIS = Date.UTC(2024, 4, 13) / 1000;
const GWEI = 1_000_000_000n;

describe("embedded chain", () => {
  let chain: Chain;
  let remote: JsonRpcProvider;
  let alice: ChainAccount;
  let bob: ChainAccount;

  beforeEach(async () => {
    chain = await startChain({ initialDate: new Date(GENESIS * 1000) });
    // No cache: two reads of "latest" within 250 ms must be two requests.
    remote = new JsonRpcProvider(chain.url, EMBEDDED_CHAIN_ID, {
      staticNetwork: true,
      cacheTimeout: -1,
      pollingInterval: 20,
    });
    const [first, second] = chain.accounts;
    if (first === undefined || second === undefined) expect.fail("the chain has no accounts");
    alice = first;
    bob = second;
  });

  afterEach(async () => {
    remote.destroy();
    await chain.close();
  });

  const latest = async () => {
    const block = await remote.getBlock("latest");
    if (block === null) expect.fail("no latest block");
    return block;
  };

  it("starts at the date it was given, on loopback, with the documented chain id and gas limit", async () => {
    const block = await latest();
    expect(new URL(chain.url).hostname).to.equal("127.0.0.1");
    expect(block.timestamp).to.equal(GENESIS);
    expect(block.gasLimit).to.equal(BLOCK_GAS_LIMIT);
    expect((await new JsonRpcProvider(chain.url).getNetwork()).chainId).to.equal(BigInt(EMBEDDED_CHAIN_ID));
  });

  it("answers a JSON-RPC batch over HTTP", async () => {
    const body = JSON.stringify([
      { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] },
      { jsonrpc: "2.0", id: 2, method: "eth_blockNumber", params: [] },
    ]);
    const response = await fetch(chain.url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answers = z.array(z.object({ id: z.number(), result: z.string() })).parse(await response.json());
    expect(answers.map((answer) => answer.result)).to.deep.equal(["0x7a69", "0x0"]);
  });

  it("puts a stranger's transaction one slot after the latest block, at the base fee of the hour", async () => {
    await mineBlock(chain, { timestamp: GENESIS + 3_600, baseFee: 7n * GWEI, calls: [] });
    const sent = await new Wallet(alice.privateKey, remote).sendTransaction({ to: bob.address, value: 1n });
    await sent.wait();
    const block = await latest();
    expect(block.timestamp).to.equal(GENESIS + 3_600 + SECONDS_PER_SLOT);
    expect(block.baseFeePerGas).to.equal(7n * GWEI);
  });

  it("gives transactions sent at the same moment a slot each", async () => {
    await Promise.all(
      [alice, bob].map((account) =>
        new Wallet(account.privateKey, remote).sendTransaction({ to: alice.address, value: 1n }),
      ),
    );
    expect((await latest()).timestamp).to.equal(GENESIS + 2 * SECONDS_PER_SLOT);
  });

  it("keeps strangers out of a block that is being assembled", async () => {
    const wallet = new Wallet(alice.privateKey, remote);
    const calls = Array.from({ length: 30 }, () => ({
      label: "market",
      from: bob.address,
      to: bob.address,
      data: "0x",
      gas: 100_000n,
    }));
    const [receipts, sent] = await Promise.all([
      mineBlock(chain, { timestamp: GENESIS + 3_600, calls }),
      wallet.sendTransaction({ to: bob.address, value: 1n }),
    ]);
    const blocks = new Set(receipts.map((receipt) => receipt.blockNumber));
    expect(blocks.size).to.equal(1);
    expect(blocks.has((await sent.wait())?.blockNumber ?? -1)).to.equal(false);
  });

  it("runs beside another chain, each with its own time", async () => {
    const [second, third] = await Promise.all(
      [1, 2].map((day) => startChain({ initialDate: new Date((GENESIS + day * 86_400) * 1000) })),
    );
    try {
      expect([await chain.now(), await second?.now(), await third?.now()]).to.deep.equal([
        GENESIS,
        GENESIS + 86_400,
        GENESIS + 2 * 86_400,
      ]);
      expect(new Set([chain.url, second?.url, third?.url]).size).to.equal(3);
    } finally {
      await second?.close();
      await third?.close();
    }
  });

  it("error: EmbeddedPortInUseError when the port is taken", async () => {
    const port = Number(new URL(chain.url).port);
    expect(await caught(startChain({ initialDate: new Date(0), port }))).to.be.instanceOf(EmbeddedPortInUseError);
  });

  it("lets a caller who sets the time himself have it", async () => {
    await chain.request("evm_setNextBlockTimestamp", GENESIS + 5_000);
    await new Wallet(alice.privateKey, remote).sendTransaction({ to: bob.address, value: 1n });
    expect((await latest()).timestamp).to.equal(GENESIS + 5_000);
  });

  it("mines chosen calls into one block, in order, at a chosen time", async () => {
    const calls = [bob, alice].map((from) => ({
      label: "transfer",
      from: from.address,
      to: bob.address,
      data: "0x",
      value: 1n,
    }));
    const receipts = await mineBlock(chain, { timestamp: GENESIS + 60, baseFee: 3n * GWEI, calls });
    expect(receipts.map((receipt) => receipt.index)).to.deep.equal([0, 1]);
    expect(new Set(receipts.map((receipt) => receipt.blockNumber)).size).to.equal(1);
    expect((await latest()).timestamp).to.equal(GENESIS + 60);
  });

  it("shows the base fee of every hour in eth_feeHistory", async () => {
    const fees = [5n, 2n, 9n].map((gwei) => gwei * GWEI);
    for (const [index, baseFee] of fees.entries())
      await mineBlock(chain, { timestamp: GENESIS + (index + 1) * 3_600, baseFee, calls: [] });
    const history = z
      .object({ baseFeePerGas: z.array(z.string()) })
      .parse(await remote.send("eth_feeHistory", ["0x3", "latest", []]));
    expect(history.baseFeePerGas.slice(0, 3).map(BigInt)).to.deep.equal(fees);
  });

  it("error: EmbeddedTransactionFailedError names the call that reverted", async () => {
    const failure = await caught(
      send(chain, { label: "deploy nonsense", from: alice.address, to: null, data: "0xfe" }),
    );
    expect(failure).to.be.instanceOf(EmbeddedTransactionFailedError);
    expect(String(failure)).to.contain("deploy nonsense").and.to.contain("invalid opcode");
  });

  it("error: EmbeddedTransactionNotMinedError when a call does not fit the block", async () => {
    // Creation code 0xfe burns all its gas: two of these fill the block.
    const calls = [1, 2, 3].map(() => ({
      label: "too much",
      from: alice.address,
      to: null,
      data: "0xfe",
      gas: 14_000_000n,
    }));
    expect(await caught(mineBlock(chain, { calls }))).to.be.instanceOf(EmbeddedTransactionNotMinedError);
  });

  it("error: EmbeddedClockError when a block would lie in the past", async () => {
    expect(await caught(mineBlock(chain, { timestamp: GENESIS, calls: [] }))).to.be.instanceOf(EmbeddedClockError);
  });
});

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (failure) {
    return failure;
  }
  return expect.fail("nothing was thrown");
}
