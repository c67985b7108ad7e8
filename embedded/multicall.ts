/** Multicall3 at its canonical address, from the creation code that viem ships for deployless calls. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { concat, getAddress } from "ethers";
import { type Address, address } from "../keeper/kernel/units.ts";
import { deploy } from "./block.ts";
import type { Chain } from "./chain.ts";
import { EmbeddedDeploymentMismatchError } from "./errors.ts";

export const MULTICALL3: Address = address(getAddress("0xcA11bde05977b3631167028862bE2a173976CA11"));

/**
 * Deploys Multicall3 from its creation code and copies the resulting runtime code to the canonical address, whose
 * deployer key nobody here has. Multicall3 has no storage, no immutables and no constructor: code is all there is.
 */
export async function deployMulticall3(chain: Chain, deployer: Address): Promise<Address> {
  const scratch = await deploy(chain, deployer, "deploy Multicall3", concat([await creationCode()]));
  await chain.request("hardhat_setCode", MULTICALL3, await chain.ethers.provider.getCode(scratch));
  return MULTICALL3;
}

/** viem keeps the constant internal: it is read from the package's source, and must be there exactly once. */
async function creationCode(): Promise<string> {
  const file = join(dirname(createRequire(import.meta.url).resolve("viem/package.json")), "constants", "contracts.ts");
  const matches = [...(await readFile(file, "utf8")).matchAll(/multicall3Bytecode\s*=\s*'(0x[0-9a-f]+)'/g)];
  const code = matches[0]?.[1];
  if (code === undefined || matches.length !== 1) {
    throw new EmbeddedDeploymentMismatchError("viem's multicall3Bytecode", "one constant", `${matches.length}`);
  }
  return code;
}
