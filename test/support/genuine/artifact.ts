/** Deploys contracts from artifacts that npm packages carry: checked, linked, and with no framework around them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Contract, ContractFactory, type Interface, type InterfaceAbi, type Signer } from "ethers";
import { z } from "zod";
import { GenuineArtifactError } from "./errors.ts";

const require = createRequire(import.meta.url);

const linkReferences = z.record(
  z.string(),
  z.record(z.string(), z.array(z.object({ start: z.number().int(), length: z.number().int() }))),
);

const artifactSchema = z.object({
  abi: z.array(z.looseObject({ type: z.string() })),
  bytecode: z.string().regex(/^(0x)?[0-9a-fA-F_$]+$/),
  deployedBytecode: z.string().optional(),
  linkReferences: linkReferences.optional(),
});

/** Creation code and interface of one contract. */
export interface Artifact {
  readonly name: string;
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  /** As the compiler gives it; absent where the package leaves it out. */
  readonly deployedBytecode: string | undefined;
  readonly linkReferences: z.infer<typeof linkReferences>;
}

/** Checks that a JSON value is an artifact. @throws {GenuineArtifactError} when it is not. */
export function parseArtifact(name: string, value: unknown): Artifact {
  const parsed = artifactSchema.safeParse(value);
  if (!parsed.success) throw new GenuineArtifactError(name, parsed.error.message);
  const { abi, bytecode, deployedBytecode, linkReferences: links } = parsed.data;
  const code = bytecode.startsWith("0x") ? bytecode : `0x${bytecode}`;
  if (code === "0x") throw new GenuineArtifactError(name, "it has no creation code");
  return { name, abi, bytecode: code, deployedBytecode, linkReferences: links ?? {} };
}

/** Reads an artifact by its module path inside node_modules. */
export function readArtifact(modulePath: string): Artifact {
  let text: string;
  try {
    text = readFileSync(require.resolve(modulePath), "utf8");
  } catch (cause) {
    throw new GenuineArtifactError(modulePath, "the file cannot be read", { cause });
  }
  return parseArtifact(modulePath, JSON.parse(text));
}

/** Creation code with library addresses filled in. @throws {GenuineArtifactError} when a library is missing. */
export function link(artifact: Artifact, libraries: ReadonlyMap<string, string>): string {
  let code = artifact.bytecode;
  for (const file of Object.values(artifact.linkReferences)) {
    for (const [library, positions] of Object.entries(file)) {
      const address = libraries.get(library);
      if (address === undefined)
        throw new GenuineArtifactError(artifact.name, `the library ${library} is not deployed`);
      for (const { start, length } of positions) {
        const from = 2 + start * 2;
        code = code.slice(0, from) + address.slice(2).toLowerCase() + code.slice(from + length * 2);
      }
    }
  }
  return code;
}

/** Deploys an artifact and waits until it is mined. */
export async function deployArtifact(
  artifact: Artifact,
  signer: Signer,
  args: readonly unknown[] = [],
  libraries: ReadonlyMap<string, string> = new Map(),
): Promise<Contract> {
  const factory = new ContractFactory(artifact.abi, link(artifact, libraries), signer);
  const deployed = await factory.deploy(...args);
  await deployed.waitForDeployment();
  return new Contract(await deployed.getAddress(), artifact.abi, signer);
}

/** A handle on a deployed address with a given interface. */
export const at = (address: string, abi: InterfaceAbi | Interface, signer: Signer): Contract =>
  new Contract(address, abi, signer);

/** Sends a call and waits until it is mined. */
export async function send(contract: Contract, method: string, ...args: readonly unknown[]): Promise<void> {
  const sent = await contract.getFunction(method).send(...args);
  await sent.wait();
}

/** Reads a value that must be an integer. */
export async function readBigint(contract: Contract, method: string, ...args: readonly unknown[]): Promise<bigint> {
  return z.bigint().parse(await contract.getFunction(method).staticCall(...args));
}

/** Reads a value that must be an address. */
export async function readAddress(contract: Contract, method: string, ...args: readonly unknown[]): Promise<string> {
  return z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .parse(await contract.getFunction(method).staticCall(...args));
}
