import { expect } from "chai";
import { withAnswerCache } from "../../../keeper/chain/answer-cache.ts";
import type { ChainClient, RpcAnswer, RpcCall } from "../../../keeper/chain/client.ts";
import { createClient } from "../../../keeper/chain/client.ts";
import { type RpcServer, serve } from "../support/rpc-server.ts";

const HEAD = 1_000;
const TARGET = { to: "0x00000000000000000000000000000000000000aa", data: "0x01" };
const at = (block: number): RpcCall => ({ method: "eth_call", params: [TARGET, `0x${block.toString(16)}`] });

describe("answer cache", () => {
  let server: RpcServer;
  let client: ChainClient;
  /** eth_calls that reached the node, by block. */
  let asked: string[];
  let refused = new Set<string>();

  beforeEach(async () => {
    asked = [];
    refused = new Set();
    server = await serve({
      request: async ({ method, params }) => {
        if (method === "eth_chainId") return "0x1";
        if (method === "eth_getBlockByNumber")
          return { number: `0x${HEAD.toString(16)}`, hash: `0x${"1".repeat(64)}`, timestamp: "0x1" };
        const block = String(params?.[1]);
        asked.push(block);
        if (refused.has(block)) throw new RangeError("missing trie node");
        return `${block}ff`;
      },
    });
    client = withAnswerCache(await createClient({ url: server.url, expectedChainId: 1, timeoutMs: 5_000 }), {
      depth: 64,
      maxEntries: 3,
    });
    await client.header("latest");
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });
  const results = (answers: readonly RpcAnswer[]): readonly unknown[] =>
    answers.map((answer) => (answer.ok ? answer.result : "refused"));

  it("asks a final block once, and keeps the order when only some are known", async () => {
    await client.batch([at(10), at(12)]);
    expect(results(await client.batch([at(12), at(11), at(10)]))).to.deep.equal(["0xcff", "0xbff", "0xaff"]);
    expect(asked).to.deep.equal(["0xa", "0xc", "0xb"]);
  });

  it("asks again for what may still be reorganized, and for tags", async () => {
    const young = at(HEAD - 63);
    const tagged: RpcCall = { method: "eth_call", params: [TARGET, "latest"] };
    for (let round = 0; round < 2; round += 1) await client.batch([young, tagged]);
    expect(asked).to.have.length(4);
    await client.batch([at(HEAD - 64)]);
    await client.batch([at(HEAD - 64)]);
    expect(asked).to.have.length(5);
  });

  it("does not remember a refusal", async () => {
    refused.add("0xa");
    expect(results(await client.batch([at(10)]))).to.deep.equal(["refused"]);
    refused.clear();
    expect(results(await client.batch([at(10)]))).to.deep.equal(["0xaff"]);
  });

  it("forgets what was used longest ago", async () => {
    await client.batch([at(1), at(2), at(3)]);
    await client.batch([at(1)]);
    await client.batch([at(4)]);
    asked = [];
    await client.batch([at(1), at(3), at(4)]);
    expect(asked).to.deep.equal([]);
    await client.batch([at(2)]);
    expect(asked).to.deep.equal(["0x2"]);
  });
});
