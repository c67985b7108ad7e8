/** Several nodes, one of which lies, lags or is gone. */
import { expect } from "chai";
import { type ChainClient, createClient } from "../../../keeper/chain/client.ts";
import { QuorumError, RpcUnreachableError } from "../../../keeper/chain/errors.ts";
import { openQuorum, quorumClient } from "../../../keeper/chain/quorum.ts";
import { ConfigError } from "../../../keeper/config/errors.ts";
import { parseConfig } from "../../../keeper/config/load.ts";
import { observe } from "../../../keeper/data/observe.ts";
import { caught, caughtSync } from "../support/caught.ts";
import { deployEngine, type Engine, keeperConfig, mineDays } from "../support/engine.ts";
import { type Fault, type RpcServer, serve } from "../support/rpc-server.ts";

describe("RPC quorum", function () {
  this.timeout(60_000);
  let engine: Engine;
  let servers: readonly RpcServer[];
  const connect = ({ url }: { url: string }) => createClient({ url, expectedChainId: 31337, timeoutMs: 5_000 });

  before(async () => {
    engine = await deployEngine(2, 5);
    await mineDays(engine, 6, 4);
    const { provider } = engine.connection;
    const open = () => serve({ request: ({ method, params }) => provider.request({ method, params: params ?? [] }) });
    servers = [await open(), await open(), await open()];
  });
  afterEach(() => {
    for (const server of servers) server.fault = null;
  });
  after(async () => {
    for (const server of servers) await server.close();
    await engine.close();
  });

  const server = (index: number): RpcServer => servers[index] ?? expect.fail("no such server");
  async function observed(agree: number): Promise<Awaited<ReturnType<typeof observe>>> {
    const client = await openQuorum(agree, servers.map(connect), () => undefined);
    try {
      return await observe(client, engine.config);
    } finally {
      client.close();
    }
  }
  /** Another result for every call at the newest block, as a node on a fork of its own would give. */
  const lying = (head: number): Fault => {
    return ({ method, params }) =>
      method === "eth_call" && Number(params[1]) === head ? { result: `0x${"00".repeat(64)}` } : undefined;
  };
  const headOf = async (): Promise<number> => (await engine.client.header("latest")).number;

  it("gives the snapshot of one node when all agree", async () => {
    const [alone, together] = [await observe(engine.client, engine.config), await observed(3)];
    expect({ ...together, httpRequests: 0 }).to.deep.equal({ ...alone, httpRequests: 0 });
  });

  it("goes on with two of three when the third lies or is behind, and asks it for the present only", async () => {
    server(2).fault = lying(await headOf());
    await observed(2);
    const history = (one: RpcServer) => one.requests.flat().filter((method) => method === "eth_call").length;
    expect(history(server(1))).to.be.below(history(server(0)) / 2);
    server(2).fault = ({ method, params }) =>
      method === "eth_getBlockByNumber" && params[0] === "latest"
        ? { error: { code: -32000, message: "behind" } }
        : undefined;
    await observed(2);
  });

  it("error: QuorumError when the first lies, or when too few agree", async () => {
    server(0).fault = lying(await headOf());
    expect((await caught(observed(2), QuorumError)).same).to.equal(1);
    server(0).fault = null;
    server(1).fault = lying(await headOf());
    const error = await caught(observed(3), QuorumError);
    expect(error).to.include({ same: 2, wanted: 3 });
    expect(error.what).to.match(/^eth_call at block \d+$/);
  });

  it("error: QuorumError for another hash of the pinned block", async () => {
    server(1).fault = ({ method, params }) =>
      method === "eth_getBlockByNumber" && params[0] !== "latest"
        ? { result: { number: params[0], hash: `0x${"0f".repeat(32)}`, timestamp: "0x1" } }
        : undefined;
    expect((await caught(observed(3), QuorumError)).what).to.match(/^the hash of block/);
  });

  it("takes the newest block that enough of them have", async () => {
    const head = await headOf();
    const clients: readonly ChainClient[] = await Promise.all(servers.map(connect));
    const [one, two, three] = clients;
    if (one === undefined || two === undefined || three === undefined) expect.fail("three clients");
    const behind: ChainClient = { ...three, header: (block) => three.header(block === "latest" ? head - 3 : block) };
    expect((await quorumClient([one, two, behind], 2).header("latest")).number).to.equal(head);
    expect((await quorumClient([one, two, behind], 3).header("latest")).number).to.equal(head - 3);
    for (const client of clients) client.close();
  });

  it("error: too few nodes answer at all", async () => {
    const gone = { url: "http://127.0.0.1:9" };
    const told: string[] = [];
    const two = await openQuorum(2, [connect(server(0)), connect(server(1)), connect(gone)], (failure) =>
      told.push(failure.message),
    );
    two.close();
    expect(told.join()).to.contain("127.0.0.1:9");
    await caught(
      openQuorum(2, [connect(server(0)), connect(gone)], () => undefined),
      RpcUnreachableError,
    );
  });

  it("error: a quorum above the number of URLs is refused", async () => {
    const raw = keeperConfig(engine.server.url, engine.addresses, 2, 5);
    const asking = {
      ...Object.fromEntries(Object.entries(raw ?? {})),
      rpc: { timeoutMs: 5_000, maxBatch: 25, quorum: 2 },
    };
    const error = await caughtSync(() => parseConfig(asking, "test"), ConfigError);
    expect(error.problems[0].key).to.equal("rpc.quorum");
  });
});
