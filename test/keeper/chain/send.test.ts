import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { network } from "hardhat";
import { type ChainClient, createClient } from "../../../keeper/chain/client.ts";
import {
  CallRevertedError,
  FeeCapExceededError,
  KeyFileError,
  NonceTakenError,
  TransactionLogError,
  TransactionStuckError,
} from "../../../keeper/chain/errors.ts";
import { bumpFees } from "../../../keeper/chain/fees.ts";
import { reconcile, type Sender, sendTransaction } from "../../../keeper/chain/send.ts";
import { loadSigner, loadSignerFromEnv } from "../../../keeper/chain/signer.ts";
import { readLog } from "../../../keeper/chain/transaction-log.ts";
import { address } from "../../../keeper/kernel/units.ts";
import { caught, caughtSync } from "../support/caught.ts";
import { type RpcServer, serve } from "../support/rpc-server.ts";

const GWEI = 10n ** 9n;
const target = address("0x00000000000000000000000000000000000000A1");

describe("sending", () => {
  let connection: Awaited<ReturnType<typeof network.create>>;
  let server: RpcServer;
  let client: ChainClient;
  let folder: string;
  const signer = new Wallet(`0x${"5a".repeat(32)}`);
  let logs = 0;
  const nextLog = (): string => {
    logs += 1;
    return join(folder, `tx-${logs}.jsonl`);
  };
  const sender = (overrides: Partial<Sender["options"]> = {}, logFile = nextLog()): Sender => ({
    client,
    signer,
    options: {
      logFile,
      fees: { cap: 200n * GWEI, minTip: GWEI, maxTip: 3n * GWEI },
      waitMs: 200,
      pollMs: 20,
      maxBumps: 2,
      confirmations: 1,
      ...overrides,
    },
    clock: { nowMs: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "keeper-"));
    connection = await network.create();
    server = await serve({
      request: ({ method, params }) => connection.provider.request({ method, params: params ?? [] }),
    });
    client = await createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 5_000 });
    await connection.provider.request({
      method: "hardhat_setBalance",
      params: [signer.address, "0x56bc75e2d63100000"],
    });
  });
  afterEach(async () => {
    server.fault = null;
    await connection.provider.request({ method: "evm_setAutomine", params: [true] });
    await connection.networkHelpers.mine(1);
  });
  after(async () => {
    client.close();
    await server.close();
    await connection.close();
    await rm(folder, { recursive: true });
  });

  it("simulates, logs, sends and confirms", async () => {
    const from = sender();
    const receipt = await sendTransaction(from, { purpose: "test", to: target, data: "0x", value: 5n });
    expect(receipt.succeeded).to.equal(true);
    const [logged] = await readLog(from.options.logFile);
    expect(logged?.sends).to.have.length(1);
    expect(logged?.closed).to.include({ outcome: "confirmed", hash: receipt.hash });
  });

  it("signs and logs nothing when the simulation reverts", async () => {
    const from = sender();
    const manager = await connection.ethers.deployContract("AccessManager", [target]);
    const data = manager.interface.encodeFunctionData("grantRole", [1, target, 0]);
    const error = await caught(
      sendTransaction(from, { purpose: "test", to: address(await manager.getAddress()), data }),
      CallRevertedError,
    );
    expect(error.code).to.equal("CALL_REVERTED");
    expect(await readLog(from.options.logFile)).to.have.length(0);
  });

  it("raises both fees by an eighth when stuck, and the raised one is mined", async () => {
    await connection.provider.request({ method: "evm_setAutomine", params: [false] });
    const from = sender({ maxBumps: 5 });
    const sent = sendTransaction(from, { purpose: "test", to: target, data: "0x", value: 1n });
    while (((await readLog(from.options.logFile))[0]?.sends.length ?? 0) < 2)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await connection.networkHelpers.mine(1);
    const receipt = await sent;
    const sends = (await readLog(from.options.logFile))[0]?.sends ?? [];
    const [first, second] = sends;
    if (first === undefined || second === undefined) expect.fail("two sends were expected");
    expect(second.maxFee * 1000n >= first.maxFee * 1125n).to.equal(true);
    expect(second.tip * 1000n >= first.tip * 1125n).to.equal(true);
    expect(sends.map(({ hash }) => hash))
      .to.include(receipt.hash)
      .and.not.deep.equal([receipt.hash]);
    expect(receipt.hash).to.not.equal(first.hash);
  });

  it("after a crash finishes what was sent instead of sending twice", async () => {
    await connection.provider.request({ method: "evm_setAutomine", params: [false] });
    const from = sender({ maxBumps: 0 });
    const outgoing = { purpose: "propose 0x12", to: target, data: "0x", value: 7n };
    const before = await connection.ethers.provider.getBalance(target);
    const stuck = await caught(sendTransaction(from, outgoing), TransactionStuckError);
    expect(stuck.hashes).to.have.length(1);
    await connection.networkHelpers.mine(1);
    const receipt = await sendTransaction(from, outgoing);
    expect(receipt.hash).to.equal(stuck.hashes[0]);
    expect((await connection.ethers.provider.getBalance(target)) - before).to.equal(7n);
    expect((await readLog(from.options.logFile))[0]?.closed?.outcome).to.equal("confirmed");
  });

  it("reports an intent whose nonce another transaction took", async () => {
    await connection.provider.request({ method: "evm_setAutomine", params: [false] });
    const from = sender({ maxBumps: 0 });
    await caught(sendTransaction(from, { purpose: "lost", to: target, data: "0x", value: 1n }), TransactionStuckError);
    const [logged] = await readLog(from.options.logFile);
    if (logged === undefined) expect.fail("no intent");
    const other = await signer.signTransaction({
      type: 2,
      chainId: 31337,
      nonce: logged.intent.nonce,
      to: target,
      value: 2n,
      gasLimit: 21_000n,
      maxFeePerGas: 150n * GWEI,
      maxPriorityFeePerGas: 50n * GWEI,
    });
    await client.request("eth_sendRawTransaction", [other]);
    await connection.networkHelpers.mine(1);
    expect(await reconcile(from)).to.deep.equal([
      { purpose: "lost", nonce: logged.intent.nonce, outcome: "foreign", receipt: null },
    ]);
    expect(await reconcile(from)).to.deep.equal([]);
  });

  it("error: NonceTakenError while a stranger's use of the key is pending", async () => {
    await connection.provider.request({ method: "evm_setAutomine", params: [false] });
    const nonce = await connection.ethers.provider.getTransactionCount(signer.address, "latest");
    await client.request("eth_sendRawTransaction", [
      await signer.signTransaction({
        type: 2,
        chainId: 31337,
        nonce,
        to: target,
        value: 2n,
        gasLimit: 21_000n,
        maxFeePerGas: 90n * GWEI,
        maxPriorityFeePerGas: 2n * GWEI,
      }),
    ]);
    expect(
      (await caught(sendTransaction(sender(), { purpose: "x", to: target, data: "0x" }), NonceTakenError)).nonce,
    ).to.equal(nonce);
  });

  it("error: FeeCapExceededError before anything is logged", async () => {
    const from = sender({ fees: { cap: 1n, minTip: 1n, maxTip: 1n } });
    expect(
      (await caught(sendTransaction(from, { purpose: "x", to: target, data: "0x" }), FeeCapExceededError)).cap,
    ).to.equal(1n);
    expect(await readLog(from.options.logFile)).to.have.length(0);
  });

  it("never bumps above the cap", () =>
    caughtSync(() => bumpFees({ maxFee: 100n, tip: 1n }, { maxFee: 10n, tip: 1n }, 112n), FeeCapExceededError));

  it("skips a torn last line and refuses a torn middle one", async () => {
    const from = sender();
    await sendTransaction(from, { purpose: "test", to: target, data: "0x" });
    await appendFile(from.options.logFile, '{"type":"int');
    expect(await readLog(from.options.logFile)).to.have.length(1);
    await sendTransaction(from, { purpose: "after the crash", to: target, data: "0x" });
    expect(await readLog(from.options.logFile)).to.have.length(2);
    await appendFile(from.options.logFile, '{"type":"int\n');
    expect((await caught(readLog(from.options.logFile), TransactionLogError)).line).to.equal(7);
  });

  it("takes a key file of mode 0600 only, plain or as a keystore", async function () {
    this.timeout(60_000);
    const file = join(folder, "key");
    await writeFile(file, signer.privateKey, { mode: 0o600 });
    expect((await loadSigner(file)).address).to.equal(signer.address);
    expect((await loadSignerFromEnv({ KEEPER_KEY_FILE: file }, "KEEPER_KEY_FILE")).address).to.equal(signer.address);
    await chmod(file, 0o644);
    expect((await caught(loadSigner(file), KeyFileError)).problem).to.contain("0644");
    expect((await caught(loadSigner(join(folder, "none")), KeyFileError)).problem).to.contain("cannot be found");
    expect((await caught(loadSignerFromEnv({}, "KEEPER_KEY_FILE"), KeyFileError)).file).to.equal("$KEEPER_KEY_FILE");
    const keystore = join(folder, "keystore");
    const password = join(folder, "password");
    await writeFile(keystore, encryptKeystoreJsonSync(signer, "correct horse", { scrypt: { N: 1024, r: 8, p: 1 } }), {
      mode: 0o600,
    });
    await writeFile(password, "correct horse\n", { mode: 0o600 });
    expect((await loadSigner(keystore, password)).address).to.equal(signer.address);
    await caught(loadSigner(keystore), KeyFileError);
    await writeFile(password, "wrong");
    const error = await caught(loadSigner(keystore, password), KeyFileError);
    expect(error.message).to.not.contain("wrong");
    expect(await readFile(keystore, "utf8")).to.not.contain(signer.privateKey.slice(2));
  });
});
