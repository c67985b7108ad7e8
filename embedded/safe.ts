/** Safe 1.5.0 at the addresses it has on mainnet, and Safes created through protocol-kit. */
import { createRequire } from "node:module";
import ProtocolKit from "@safe-global/protocol-kit";
import { concat, getAddress, getCreate2Address, keccak256, ZeroHash } from "ethers";
import { z } from "zod";
import { type Address, address } from "../keeper/kernel/units.ts";
import { mineBlock, send } from "./block.ts";
import { type Chain, EMBEDDED_CHAIN_ID } from "./chain.ts";
import { EmbeddedDeploymentMismatchError } from "./errors.ts";
import { toQuantity } from "./pace.ts";

export const SAFE_VERSION = "1.5.0";

/** Key of protocol-kit's `contractNetworks` -> artifact of @safe-global/safe-smart-account and the address it has on every chain. */
const CONTRACTS = {
  // SafeL2 and not Safe: its events carry all parameters, so that an indexer needs no traces.
  safeSingletonAddress: { artifact: "SafeL2.sol/SafeL2", canonical: "0xEdd160fEBBD92E350D4D398fb636302fccd67C7e" },
  safeProxyFactoryAddress: {
    artifact: "proxies/SafeProxyFactory.sol/SafeProxyFactory",
    canonical: "0x14F2982D601c9458F93bd70B218933A6f8165e7b",
  },
  multiSendAddress: {
    artifact: "libraries/MultiSend.sol/MultiSend",
    canonical: "0x218543288004CD07832472D464648173c77D7eB7",
  },
  multiSendCallOnlyAddress: {
    artifact: "libraries/MultiSendCallOnly.sol/MultiSendCallOnly",
    canonical: "0xA83c336B20401Af773B6219BA5027174338D1836",
  },
  fallbackHandlerAddress: {
    artifact: "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
    canonical: "0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4",
  },
  signMessageLibAddress: {
    artifact: "libraries/SignMessageLib.sol/SignMessageLib",
    canonical: "0x4FfeF8222648872B3dE295Ba1e49110E61f5b5aa",
  },
  createCallAddress: {
    artifact: "libraries/CreateCall.sol/CreateCall",
    canonical: "0x2Ef5ECfbea521449E4De05EDB1ce63B75eDA90B4",
  },
  simulateTxAccessorAddress: {
    artifact: "accessors/SimulateTxAccessor.sol/SimulateTxAccessor",
    canonical: "0x07EfA797c55B5DdE3698d876b277aBb6B893654C",
  },
} as const;

/** Not among protocol-kit's required addresses, but part of 1.5.0 and of use to owners. */
const EXTRAS = {
  safe: { artifact: "Safe.sol/Safe", canonical: "0xFf51A5898e281Db6DfC7855790607438dF2ca44b" },
  extensibleFallbackHandler: {
    artifact: "handler/ExtensibleFallbackHandler.sol/ExtensibleFallbackHandler",
    canonical: "0x85a8ca358D388530ad0fB95D0cb89Dd44Fc242c3",
  },
} as const;

type KitClass = typeof ProtocolKit.default;
// The package's types describe its CommonJS build, Node loads its ES build: the class sits one level apart in the two.
const classOf = (loaded: KitClass | { readonly default: KitClass }): KitClass =>
  "default" in loaded ? loaded.default : loaded;
/** protocol-kit's class, by whichever shape the package was loaded in. */
export const SafeKit = classOf(ProtocolKit);

export type SafeContracts = { readonly [K in keyof typeof CONTRACTS]: Address };
/** What protocol-kit calls `contractNetworks`: plain JSON, to be handed to the keeper's configuration. */
export type SafeContractNetworks = Readonly<Record<string, SafeContracts>>;

const load = createRequire(import.meta.url);
const artifactFile = z.object({ bytecode: z.string().regex(/^0x[0-9a-f]+$/) });
const factoryFile = z.object({
  address: z.string(),
  signerAddress: z.string(),
  transaction: z.string(),
  gasPrice: z.union([z.string(), z.number()]),
  gasLimit: z.union([z.string(), z.number()]),
});

export const safeContractNetworks: SafeContractNetworks = {
  [String(EMBEDDED_CHAIN_ID)]: {
    safeSingletonAddress: address(CONTRACTS.safeSingletonAddress.canonical),
    safeProxyFactoryAddress: address(CONTRACTS.safeProxyFactoryAddress.canonical),
    multiSendAddress: address(CONTRACTS.multiSendAddress.canonical),
    multiSendCallOnlyAddress: address(CONTRACTS.multiSendCallOnlyAddress.canonical),
    fallbackHandlerAddress: address(CONTRACTS.fallbackHandlerAddress.canonical),
    signMessageLibAddress: address(CONTRACTS.signMessageLibAddress.canonical),
    createCallAddress: address(CONTRACTS.createCallAddress.canonical),
    simulateTxAccessorAddress: address(CONTRACTS.simulateTxAccessorAddress.canonical),
  },
};

/**
 * The same addresses, marked with the chain. protocol-kit remembers contracts by their addresses and the signer for as long
 * as the process lives; without the mark a second chain in one process would be asked through the first one's connection.
 */
const networksOn = ({ url }: Chain): SafeContractNetworks =>
  Object.fromEntries(Object.entries(safeContractNetworks).map(([id, contracts]) => [id, { ...contracts, chain: url }]));

/**
 * Deploys the singleton factory from its published, presigned transaction and every Safe contract through it.
 * Requirements: the deployer's account is funded.
 * @throws {EmbeddedDeploymentMismatchError} when an address is not the one documented for Safe 1.5.0.
 */
export async function deploySafeInfrastructure(chain: Chain, deployer: Address): Promise<SafeContractNetworks> {
  const factory = await deploySingletonFactory(chain, deployer);
  for (const [name, { artifact, canonical }] of Object.entries({ ...CONTRACTS, ...EXTRAS })) {
    const { bytecode } = artifactFile.parse(
      load(`@safe-global/safe-smart-account/build/artifacts/contracts/${artifact}.json`),
    );
    const predicted = getCreate2Address(factory, ZeroHash, keccak256(bytecode));
    if (predicted !== getAddress(canonical))
      throw new EmbeddedDeploymentMismatchError(`Safe ${SAFE_VERSION} ${name}`, canonical, predicted);
    await send(chain, { label: `deploy ${name}`, from: deployer, to: factory, data: concat([ZeroHash, bytecode]) });
    if ((await chain.ethers.provider.getCode(predicted)) === "0x") {
      throw new EmbeddedDeploymentMismatchError(`Safe ${SAFE_VERSION} ${name} at ${predicted}`, "code", "none");
    }
  }
  return networksOn(chain);
}

async function deploySingletonFactory(chain: Chain, deployer: Address): Promise<Address> {
  const factory = factoryFile.parse(
    load(`@safe-global/safe-singleton-factory/artifacts/${EMBEDDED_CHAIN_ID}/deployment.json`),
  );
  const cost = BigInt(factory.gasPrice) * BigInt(factory.gasLimit);
  await send(chain, {
    label: "fund the singleton factory's signer",
    from: deployer,
    to: address(factory.signerAddress),
    data: "0x",
    value: cost,
  });
  // The transaction was signed once for a fixed gas price: the base fee must not be above it.
  const baseFee = chain.pace.baseFee;
  if (BigInt(factory.gasPrice) < baseFee) chain.pace.baseFee = BigInt(factory.gasPrice);
  await chain.request("eth_sendRawTransaction", factory.transaction);
  chain.pace.baseFee = baseFee;
  if ((await chain.ethers.provider.getCode(factory.address)) === "0x") {
    throw new EmbeddedDeploymentMismatchError(`singleton factory at ${factory.address}`, "code", "none");
  }
  return address(factory.address);
}

export interface SafeOptions {
  readonly owners: readonly Address[];
  readonly threshold: number;
  /** Another value gives another address to the same owners. */
  readonly saltNonce?: string;
}

/** Creates a Safe through protocol-kit, as an operator would. Requirements: {deploySafeInfrastructure} has run. */
export async function createSafe(chain: Chain, deployer: Address, options: SafeOptions): Promise<Address> {
  const kit = await SafeKit.init({
    provider: chain.provider,
    signer: deployer,
    contractNetworks: { ...networksOn(chain) },
    predictedSafe: {
      safeAccountConfig: { owners: [...options.owners], threshold: options.threshold },
      safeDeploymentConfig: { saltNonce: options.saltNonce ?? "1", safeVersion: SAFE_VERSION },
    },
  });
  const deployment = await kit.createSafeDeploymentTransaction();
  const safe = address(getAddress(await kit.getAddress()));
  await mineBlock(chain, {
    calls: [
      {
        label: "create the Safe",
        from: deployer,
        to: address(deployment.to),
        data: deployment.data,
        value: BigInt(deployment.value),
      },
    ],
  });
  const code = await chain.request("eth_getCode", safe, toQuantity(await chain.ethers.provider.getBlockNumber()));
  if (code === "0x") throw new EmbeddedDeploymentMismatchError(`Safe at ${safe}`, "code", "none");
  return safe;
}
