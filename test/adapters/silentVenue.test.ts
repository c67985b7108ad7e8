/**
 * A venue that answers zero to everything, as a proxy does whose storage was wiped: no adapter may make a price of that. Every
 * compiled adapter is found by its artifact; its code runs with such a venue in place of each immutable.
 */
import { strict as assert } from "node:assert";
import { artifacts, network } from "hardhat";
import { z } from "zod";

const { ethers, networkHelpers } = await network.create();
/** PUSH2 1024, PUSH0, RETURN: a kilobyte of zeros. */
const SILENT = "0x6104005ff3";
const VENUE = "0x00000000000000000000000000000000000005e7";

const withImmutables = z.object({
  contractName: z.string(),
  bytecode: z.string(),
  deployedBytecode: z.string(),
  abi: z.array(z.unknown()),
  immutableReferences: z.record(z.string(), z.array(z.object({ start: z.number(), length: z.number() }))).optional(),
});

/** Runtime code with `word` in place of every immutable. */
function filled({ deployedBytecode, immutableReferences }: z.infer<typeof withImmutables>, word: string): string {
  let code = deployedBytecode.slice(2);
  for (const places of Object.values(immutableReferences ?? {}))
    for (const { start, length } of places)
      code = code.slice(0, start * 2) + word.slice(2).padStart(length * 2, "0") + code.slice((start + length) * 2);
  return `0x${code}`;
}

describe("Adapters of a venue that answers zero", () => {
  it("report no rate", async () => {
    await networkHelpers.setCode(VENUE, SILENT);
    const names = [...(await artifacts.getAllFullyQualifiedNames())].filter((name) =>
      name.startsWith("contracts/adapters/"),
    );
    const silent: string[] = [];
    for (const name of names) {
      const artifact = withImmutables.parse(await artifacts.readArtifact(name));
      if (artifact.bytecode === "0x") continue;
      assert.ok(Object.keys(artifact.immutableReferences ?? {}).length > 0, `${name} has no immutables.`);
      const at = ethers.getAddress(ethers.id(name).slice(0, 42));
      await networkHelpers.setCode(at, filled(artifact, VENUE));
      const data = ethers.id("rate()").slice(0, 10);
      const answer = await ethers.provider.call({ to: at, data }).catch(() => "refused");
      if (answer === "refused") silent.push(artifact.contractName);
      else assert.notEqual(BigInt(answer), 0n, `${artifact.contractName} reports a rate of zero.`);
    }
    assert.ok(silent.length > 4, `Only ${silent.join(", ")} refused.`);
  });

  it("are not built for no vault", async () => {
    const weth = await ethers.deployContract("WethDouble");
    const venue = await ethers.deployContract("VenueDouble", [weth.target]);
    const factory = await ethers.getContractFactory("Erc4626Adapter");
    const refused = await factory.deploy(ethers.ZeroAddress, weth.target, venue.target).then(
      () => "",
      (cause: unknown) => String(cause),
    );
    assert.match(refused, /Adapter_BadTarget/);
    await factory.deploy(venue.target, weth.target, venue.target);
  });
});
