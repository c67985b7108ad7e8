/**
 * An Ethereum chain inside this process: Hardhat's simulated network, served by Hardhat's own JSON-RPC server on the
 * loopback interface. The keeper knows its URL only.
 */
import { createServer as createTcpServer } from "node:net";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { HDNodeWallet, Mnemonic } from "ethers";
import { hooks, network } from "hardhat";
import type { HookContext, NetworkHooks } from "hardhat/types/hooks";
import type { ChainType, JsonRpcServer, NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";
import { type Address, address } from "../keeper/kernel/units.ts";
import { EmbeddedDeploymentMismatchError, EmbeddedPortInUseError } from "./errors.ts";
import { Pace } from "./pace.ts";

export const EMBEDDED_CHAIN_ID = 31_337;
export const BLOCK_GAS_LIMIT = 30_000_000n;
/** EIP-7825: no transaction may ask for more, on mainnet as here. */
export const TRANSACTION_GAS_CAP = 2n ** 24n;
/** Hardhat's public development phrase: its keys are known to everyone and hold nothing anywhere else. */
const DEVELOPMENT_PHRASE = "test test test test test test test test test test test junk";
const ACCOUNT_COUNT = 20;
const LOOPBACK = "127.0.0.1";
const INITIAL_BASE_FEE = 1_000_000_000n;

export interface ChainAccount {
  readonly address: Address;
  readonly privateKey: string;
}

export interface Chain {
  /** JSON-RPC over HTTP, loopback only. */
  readonly url: string;
  readonly chainId: number;
  /** The same chain in process: faster, and it sees the same blocks. */
  readonly provider: EthereumProvider;
  readonly ethers: HardhatEthers;
  /** Deploys Ignition modules on this chain. */
  readonly ignition: NetworkConnection["ignition"];
  readonly accounts: readonly ChainAccount[];
  readonly pace: Pace;
  request(method: string, ...params: unknown[]): Promise<unknown>;
  /** Timestamp of the latest block, Unix seconds. */
  now(): Promise<number>;
  close(): Promise<void>;
}

export interface ChainOptions {
  /** Timestamp of the genesis block. */
  readonly initialDate: Date;
  /** TCP port; a free one when absent. */
  readonly port?: number;
}

/** Chains open one at a time: the hook below could not tell two new connections apart. */
let opening: Promise<unknown> = Promise.resolve();

/**
 * @throws {EmbeddedPortInUseError} when the port is taken.
 * @throws {EmbeddedDeploymentMismatchError} when Hardhat answers with another chain than the one configured here.
 */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const opened = opening.then(() => openChain(options));
  opening = opened.catch(() => undefined);
  return await opened;
}

async function openChain(options: ChainOptions): Promise<Chain> {
  if (options.port !== undefined) await requireFreePort(options.port);
  const pace = new Pace(INITIAL_BASE_FEE);
  // Hardhat's server makes its own connection and keeps it private; the public network hook is where it can be met.
  const met: NetworkConnection<ChainType | string>[] = [];
  let isOpening = true;
  const handlers: Partial<NetworkHooks> = {
    async newConnection<T extends ChainType | string>(
      context: HookContext,
      next: (nextContext: HookContext) => Promise<NetworkConnection<T>>,
    ) {
      const connection = await next(context);
      if (isOpening) met.push(connection);
      return connection;
    },
    async onRequest(context, connection, request, next) {
      if (connection.id !== met[0]?.id) return await next(context, connection, request);
      return await pace.intercept(connection.provider, request.method, () => next(context, connection, request));
    },
  };
  hooks.registerHandlers("network", handlers);
  try {
    const server = await createServer(options);
    isOpening = false;
    const [connection] = met;
    if (connection === undefined || met.length > 1) {
      throw new EmbeddedDeploymentMismatchError("Hardhat's network hook", "one new connection", String(met.length));
    }
    const { port } = await server.listen();
    const request = (method: string, ...params: unknown[]) => connection.provider.request({ method, params });
    const chainId = Number(await request("eth_chainId"));
    if (chainId !== EMBEDDED_CHAIN_ID) {
      throw new EmbeddedDeploymentMismatchError("chain id", String(EMBEDDED_CHAIN_ID), String(chainId));
    }
    return {
      url: `http://${LOOPBACK}:${port}`,
      chainId,
      provider: connection.provider,
      ethers: connection.ethers,
      ignition: connection.ignition,
      accounts: developmentAccounts(),
      pace,
      request,
      now: async () => await latestTimestamp(connection.ethers),
      close: async () => {
        await server.close();
        await connection.close();
        hooks.unregisterHandlers("network", handlers);
      },
    };
  } catch (failure) {
    hooks.unregisterHandlers("network", handlers);
    throw failure;
  }
}

const createServer = (options: ChainOptions): Promise<JsonRpcServer> =>
  network.createServer(
    {
      network: "default",
      override: {
        initialDate: options.initialDate,
        initialBaseFeePerGas: INITIAL_BASE_FEE,
        blockGasLimit: BLOCK_GAS_LIMIT,
        transactionGasCap: TRANSACTION_GAS_CAP,
        // First come, first served: a day's market transactions keep their order inside one block.
        mining: { auto: true, mempool: { order: "fifo" } },
        accounts: { mnemonic: DEVELOPMENT_PHRASE, count: ACCOUNT_COUNT },
      },
    },
    LOOPBACK,
    options.port ?? 0,
  );

/** Hardhat's server does not report a port that is taken; the process would end on an unhandled event. */
async function requireFreePort(port: number): Promise<void> {
  const probe = createTcpServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (cause) => reject(new EmbeddedPortInUseError(port, cause)));
    probe.listen(port, LOOPBACK, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

async function latestTimestamp(ethers: HardhatEthers): Promise<number> {
  const block = await ethers.provider.getBlock("latest");
  if (block === null) throw new EmbeddedDeploymentMismatchError("latest block", "a block", "none");
  return block.timestamp;
}

function developmentAccounts(): readonly ChainAccount[] {
  const root = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_PHRASE), "m/44'/60'/0'/0");
  return Array.from({ length: ACCOUNT_COUNT }, (_, index) => {
    const wallet = root.deriveChild(index);
    return { address: address(wallet.address), privateKey: wallet.privateKey };
  });
}
