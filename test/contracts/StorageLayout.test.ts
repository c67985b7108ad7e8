/**
 * The vault is two contracts on one storage. What the delegated half writes must lie where the other half reads it: solc's own
 * layouts of both, from the input of the build that made the artifacts, compared variable by variable.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { artifacts } from "hardhat";
import { z } from "zod";

const require = createRequire(import.meta.url);
const HALVES = {
  vault: { file: "contracts/LiquidityVault.sol", name: "LiquidityVault" },
  operations: { file: "contracts/vault/VaultOperations.sol", name: "VaultOperations" },
} as const;

const variable = z.object({ label: z.string(), offset: z.number(), slot: z.string(), type: z.string() });
const typeOf = z.object({
  label: z.string(),
  numberOfBytes: z.string(),
  members: z.array(variable).optional(),
});
const layout = z.object({ storage: z.array(variable), types: z.record(z.string(), typeOf).nullable() });
const compiled = z.object({
  contracts: z.record(z.string(), z.record(z.string(), z.object({ storageLayout: layout }))),
});
const buildInfo = z.object({
  input: z.looseObject({ sources: z.record(z.string(), z.unknown()), settings: z.looseObject({}) }),
});
const compiler = z.object({ compile: z.custom<(input: string) => string>((value) => typeof value === "function") });
type Layout = z.infer<typeof layout>;

async function layouts(): Promise<Record<keyof typeof HALVES, Layout>> {
  const id = await artifacts.getBuildInfoId(`${HALVES.vault.file}:${HALVES.vault.name}`);
  const path = id === undefined ? undefined : await artifacts.getBuildInfoPath(id);
  assert.ok(path !== undefined, "The vault was not built. Run npm run build.");
  const { input } = buildInfo.parse(JSON.parse(readFileSync(path, "utf8")));
  const sourceOf = (file: string): string => {
    const found = Object.keys(input.sources).find((name) => name.endsWith(file));
    assert.ok(found !== undefined, `The build has no ${file}.`);
    return found;
  };
  const [vault, operations] = [sourceOf(HALVES.vault.file), sourceOf(HALVES.operations.file)];
  const outputSelection = {
    [vault]: { [HALVES.vault.name]: ["storageLayout"] },
    [operations]: { [HALVES.operations.name]: ["storageLayout"] },
  };
  const { compile } = compiler.parse(require("solc"));
  const output = compiled.parse(
    JSON.parse(compile(JSON.stringify({ ...input, settings: { ...input.settings, outputSelection } }))),
  );
  const of = (source: string, name: string): Layout => {
    const found = output.contracts[source]?.[name]?.storageLayout;
    assert.ok(found !== undefined, `solc gave no layout of ${name}.`);
    return found;
  };
  return { vault: of(vault, HALVES.vault.name), operations: of(operations, HALVES.operations.name) };
}

describe("The storage of the two vault halves", function () {
  this.timeout(120_000);
  let both: Awaited<ReturnType<typeof layouts>>;

  before(async () => {
    both = await layouts();
  });

  it("is the same in every variable the delegated half knows", () => {
    const { vault, operations } = both;
    assert.ok(operations.storage.length >= 9, "VaultBooks has at least nine variables.");
    assert.deepEqual(vault.storage.slice(0, operations.storage.length), operations.storage);
    for (const { type } of operations.storage) assert.deepEqual(vault.types?.[type], operations.types?.[type], type);
  });

  it("starts at the first slot, and the vault's own variables lie behind it", () => {
    const { vault, operations } = both;
    assert.equal(operations.storage[0]?.slot, "0");
    const last = operations.storage.at(-1);
    assert.ok(last !== undefined);
    const size = BigInt(operations.types?.[last.type]?.numberOfBytes ?? "0");
    const end = BigInt(last.slot) + (size + 31n) / 32n;
    for (const own of vault.storage.slice(operations.storage.length))
      assert.ok(BigInt(own.slot) >= end, `${own.label} lies at slot ${own.slot}, before ${end}.`);
  });

  it("keeps debts and report times two to a word from the start of one, as the assembly that reads them expects", () => {
    const { operations } = both;
    for (const name of ["_accounts", "_riskDebts"]) {
      const words = operations.storage.find(({ label }) => label === name);
      assert.ok(words !== undefined, `There is no ${name}.`);
      assert.equal(words.offset, 0);
      assert.equal(operations.types?.[words.type]?.numberOfBytes, "512");
    }
  });
});
