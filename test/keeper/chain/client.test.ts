import { expect } from "chai";
import { network } from "hardhat";
import { matches, NON_ARCHIVE_TEXTS, revertData } from "../../../keeper/chain/answers.ts";
import { type ChainClient, createClient, headerCall } from "../../../keeper/chain/client.ts";
import {
  BlockHashMismatchError,
  BlockNotFoundError,
  CallRevertedError,
  NonArchiveNodeError,
  RpcAnswerError,
  RpcTimeoutError,
  RpcUnreachableError,
  WrongChainError,
} from "../../../keeper/chain/errors.ts";
import { address } from "../../../keeper/kernel/units.ts";
import { caught } from "../support/caught.ts";
import { type RpcServer, serve } from "../support/rpc-server.ts";

describe("chain client", () => {
  let connection: Awaited<ReturnType<typeof network.create>>;
  let server: RpcServer;
  let client: ChainClient;

  before(async () => {
    connection = await network.create();
    server = await serve({
      request: ({ method, params }) => connection.provider.request({ method, params: params ?? [] }),
    });
    client = await createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 5_000 });
  });
  afterEach(() => {
    server.fault = null;
  });
  after(async () => {
    client.close();
    await server.close();
    await connection.close();
  });

  it("sends 60 calls in three HTTP requests and keeps their order", async () => {
    await connection.networkHelpers.mine(60);
    const before = server.requests.length;
    const counted = client.httpRequests();
    const answers = await client.batch(Array.from({ length: 60 }, (_, block) => headerCall(block)));
    const numbers = answers.map((answer) =>
      answer.ok && typeof answer.result === "object" && answer.result !== null && "number" in answer.result
        ? Number(answer.result.number)
        : null,
    );
    expect(numbers).to.deep.equal(Array.from({ length: 60 }, (_, block) => block));
    expect(server.requests.length - before).to.equal(3);
    expect(client.httpRequests() - counted).to.equal(3);
  });

  it("error: RpcUnreachableError when nothing listens, without the key in the URL", async () => {
    const error = await caught(
      createClient({ url: "http://127.0.0.1:9/v2/secret-key", expectedChainId: 1, timeoutMs: 2_000 }),
      RpcUnreachableError,
    );
    expect(error.code).to.equal("RPC_UNREACHABLE");
    expect(error.message).to.contain("http://127.0.0.1:9").and.not.contain("secret-key");
    expect(error.retryable).to.equal(true);
  });

  it("error: WrongChainError names both chains", async () => {
    const error = await caught(
      createClient({ url: server.url, expectedChainId: 1, timeoutMs: 2_000 }),
      WrongChainError,
    );
    expect(error).to.include({ expected: 1, actual: 31337 });
    expect(error.message).to.contain("Ethereum mainnet").and.contain("local Hardhat");
  });

  it("error: RpcTimeoutError when the node hangs", async () => {
    server.fault = () => "hang";
    const error = await caught(
      createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 300 }),
      RpcTimeoutError,
    );
    expect(error.timeoutMs).to.equal(300);
  });

  it("error: RpcAnswerError carries the node's code and words", async () => {
    server.fault = () => ({ error: { code: -32005, message: "daily request count exceeded" } });
    const error = await caught(client.header("latest"), RpcAnswerError);
    expect(error).to.include({
      method: "eth_getBlockByNumber",
      rpcCode: -32005,
      rpcMessage: "daily request count exceeded",
    });
  });

  it("error: NonArchiveNodeError names the block whose state is pruned", async () => {
    server.fault = () => ({
      error: { code: -32000, message: "missing trie node 3b5c (path ) state 0x3b5c is not available" },
    });
    const error = await caught(
      client.call({ to: address(`0x${"11".repeat(20)}`), data: "0x" }, 17),
      NonArchiveNodeError,
    );
    expect(error.block).to.equal("17");
  });

  for (const text of [
    "missing trie node 5f0c8e (path 0a)",
    "historical state 0xabc is not available",
    "required historical state unavailable (reexec=128)",
    "No state available for block 123",
    "state at block #12 is pruned",
    "pruned history unavailable",
    "World state unavailable",
    "distance to target block exceeds maximum proof window",
    "this request requires an archive node",
    "missing historical state",
  ]) {
    it(`knows "${text}" as a pruned node's answer`, () => expect(matches(NON_ARCHIVE_TEXTS, text)).to.equal(true));
  }
  for (const text of ["execution reverted", "nonce too low", "rate limit exceeded", "header not found"]) {
    it(`does not take "${text}" for a pruned node's answer`, () =>
      expect(matches(NON_ARCHIVE_TEXTS, text)).to.equal(false));
  }

  it("error: BlockHashMismatchError when the pinned block is another now", async () => {
    const pinned = await client.header("latest");
    await client.recheck(pinned);
    const error = await caught(
      client.recheck({ number: pinned.number, hash: `0x${"00".repeat(32)}` }),
      BlockHashMismatchError,
    );
    expect(error).to.include({ block: pinned.number, actual: pinned.hash });
  });

  it("error: BlockNotFoundError for a block to come", async () => {
    expect((await caught(client.header(9_999_999), BlockNotFoundError)).block).to.equal("9999999");
  });

  it("error: CallRevertedError decodes our own errors by name and values", async () => {
    const adapter = await connection.ethers.deployContract("StrategyRegistry", [
      await (await connection.ethers.deployContract("AccessManager", [`0x${"22".repeat(20)}`])).getAddress(),
    ]);
    const data = adapter.interface.encodeFunctionData("strategy", [9]);
    const error = await caught(
      client.call({ to: address(await adapter.getAddress()), data }, "latest"),
      CallRevertedError,
    );
    expect(error.reason).to.match(/^StrategyRegistry_UnknownStrategy\(.*9/);
  });

  it("finds revert bytes wherever nodes put them", () => {
    expect(revertData("0x12345678")).to.equal("0x12345678");
    expect(revertData("Reverted 0x12345678")).to.equal("0x12345678");
    expect(revertData({ message: "x", data: { data: "0xab" } })).to.equal("0xab");
    expect(revertData(undefined)).to.equal(null);
    expect(revertData("out of gas")).to.equal(null);
  });
});
