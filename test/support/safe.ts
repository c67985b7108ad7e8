/** Genuine Safes from the npm artifacts, and the signatures their owners give. */
import { createRequire } from "node:module";
import type { BaseContract, Signer, TypedDataDomain, TypedDataField } from "ethers";
import { AbiCoder, Contract, ContractFactory, concat, dataSlice, getBytes, ZeroAddress, zeroPadValue } from "ethers";
import { z } from "zod";

const require = createRequire(import.meta.url);
const artifactSchema = z.object({ abi: z.unknown(), bytecode: z.string() });

export const SAFE_VERSIONS = {
  "1.5.0": "@safe-global/safe-smart-account/build/artifacts/contracts",
  "1.4.1": "@safe-global/safe-contracts/build/artifacts/contracts",
} as const;
export type SafeVersion = keyof typeof SAFE_VERSIONS;

async function deployArtifact(path: string, signer: Signer): Promise<BaseContract> {
  const artifact = artifactSchema.parse(require(path));
  const contract = await new ContractFactory(JSON.stringify(artifact.abi), artifact.bytecode, signer).deploy();
  return contract.waitForDeployment();
}

export const deployCanonicalWeth = (signer: Signer): Promise<BaseContract> =>
  deployArtifact("canonical-weth/build/contracts/WETH9.json", signer);

/** A proxy of the genuine SafeL2 with these owners, and its version's fallback handler, so that it answers ERC-1271. */
export async function deploySafe(
  version: SafeVersion,
  signer: Signer,
  owners: readonly string[],
  threshold: number,
): Promise<Contract> {
  const root = SAFE_VERSIONS[version];
  const singleton = await deployArtifact(`${root}/SafeL2.sol/SafeL2.json`, signer);
  const handler = await deployArtifact(
    `${root}/handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json`,
    signer,
  );
  const factory = await deployArtifact(`${root}/proxies/SafeProxyFactory.sol/SafeProxyFactory.json`, signer);
  const setup = singleton.interface.encodeFunctionData("setup", [
    owners,
    threshold,
    ZeroAddress,
    "0x",
    await handler.getAddress(),
    ZeroAddress,
    0,
    ZeroAddress,
  ]);
  const create = factory.getFunction("createProxyWithNonce");
  const args = [await singleton.getAddress(), setup, 1n];
  const proxy = z.string().parse(await create.staticCall(...args));
  await (await create.send(...args)).wait();
  return new Contract(proxy, singleton.interface, signer);
}

/** A Safe transaction signed by every given owner and sent by the first. */
export async function runSafeTransaction(
  safe: Contract,
  owners: readonly Signer[],
  to: string,
  data: string,
): Promise<void> {
  const nonce = await safe.getFunction("nonce")();
  const fields = [to, 0, data, 0, 0, 0, 0, ZeroAddress, ZeroAddress] as const;
  const hash = z.string().parse(await safe.getFunction("getTransactionHash")(...fields, nonce));
  const signatures = await Promise.all(
    owners.map(async (owner) => {
      const raw = await owner.signMessage(getBytes(hash));
      // A Safe tells an eth_sign signature by v + 4.
      return {
        owner: await owner.getAddress(),
        data: concat([dataSlice(raw, 0, 64), v(raw) === 27 ? "0x1f" : "0x20"]),
      };
    }),
  );
  await (await safe.getFunction("execTransaction").send(...fields, inOrder(signatures))).wait();
}

const v = (signature: string): number => Number(dataSlice(signature, 64));

export interface OwnerSignature {
  readonly owner: string;
  readonly data: string;
}

/** The Safe's form: 65 bytes each, ascending by owner. */
export const inOrder = (signatures: readonly OwnerSignature[]): string =>
  concat(
    [...signatures].sort((a, b) => (BigInt(a.owner) < BigInt(b.owner) ? -1 : 1)).map((signature) => signature.data),
  );

export async function signTyped(
  owner: Signer,
  domain: TypedDataDomain,
  types: Record<string, TypedDataField[]>,
  value: Record<string, unknown>,
): Promise<OwnerSignature> {
  return { owner: await owner.getAddress(), data: await owner.signTypedData(domain, types, value) };
}

/** Stands for an owner that called `approveHash`. */
export const approvedHash = (owner: string): OwnerSignature => ({
  owner,
  data: concat([zeroPadValue(owner, 32), `0x${"00".repeat(32)}`, "0x01"]),
});

/** A contract owner's signature, its bytes appended after `count` static parts. */
export function contractSignature(owner: string, count: number, inner: string): { head: OwnerSignature; tail: string } {
  const offset = AbiCoder.defaultAbiCoder().encode(["uint256"], [65 * count]);
  const length = AbiCoder.defaultAbiCoder().encode(["uint256"], [getBytes(inner).length]);
  return {
    head: { owner, data: concat([zeroPadValue(owner, 32), offset, "0x00"]) },
    tail: concat([length, inner]),
  };
}
