/**
 * `npm run new:protocol -- --name Toy --kind erc4626`: writes the files of a new venue and its lines in the registries, so that it
 * compiles, is read by the keeper and passes the shared suites. What the venue does differently is then written by hand; see
 * docs/ADDING_A_PROTOCOL.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EngineError, InputError } from "../keeper/kernel/errors.ts";
import { scaffold } from "./scaffold/erc4626.ts";
import { insertions } from "./scaffold/registries.ts";

const HELP = `Scaffolds a venue: adapter, external interface, double, twin, tests and registry lines.

Usage: npm run new:protocol -- --name <Name> --kind erc4626 [--root <folder>] [--json]

  --name <Name>    in PascalCase, e.g. Toy: gives ToyAdapter.sol, keeper/protocols/toy.ts and the id "toy"
  --kind <shape>   erc4626: a vault that pays at once. Venues of other shapes start from the nearest adapter, see
                   docs/ADDING_A_PROTOCOL.md
  --root <folder>  the project; the folder above this script by default
  --json           print the list of files as one JSON document`;

class ScaffoldOptionError extends InputError {
  readonly code = "SCAFFOLD_OPTION";
  constructor(option: string, value: string, remedy: string) {
    super(`The option ${option} is "${value}". ${remedy}`);
  }
}

class ScaffoldExistsError extends InputError {
  readonly code = "SCAFFOLD_EXISTS";
  constructor(file: string) {
    super(`The file ${file} exists already and is left as it is. Choose another name, or remove it first.`);
  }
}

/** Words of a PascalCase name joined by hyphens: FooBarV2 is foo-bar-v2. */
const idOf = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();

function main(): void {
  const { values } = parseArgs({
    options: {
      name: { type: "string", default: "" },
      kind: { type: "string", default: "" },
      root: { type: "string", default: join(dirname(fileURLToPath(import.meta.url)), "..") },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const { name, kind, root } = values;
  if (!/^[A-Z][A-Za-z0-9]{1,30}$/.test(name))
    throw new ScaffoldOptionError("--name", name, "Give letters and digits in PascalCase, e.g. --name Toy.");
  if (kind !== "erc4626")
    throw new ScaffoldOptionError("--kind", kind, "Only erc4626 is scaffolded; for others copy the nearest adapter.");
  const names = { name, id: idOf(name), variable: name[0]?.toLowerCase() + name.slice(1) };
  const files = scaffold(names);
  // All is checked before anything is written: half a venue would be worse than none.
  for (const file of Object.keys(files)) if (existsSync(join(root, file))) throw new ScaffoldExistsError(file);
  const changed = insertions(names, (file) => readFileSync(join(root, file), "utf8"));
  for (const [file, text] of Object.entries({ ...files, ...changed })) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const written = { created: Object.keys(files), changed: Object.keys(changed) };
  if (values.json) process.stdout.write(`${JSON.stringify(written, null, 2)}\n`);
  else {
    process.stdout.write(
      [
        ...written.created.map((file) => `created ${file}`),
        ...written.changed.map((file) => `changed ${file}`),
        "",
        "Next: npm run build, then the suites that docs/ADDING_A_PROTOCOL.md names.",
        "",
      ].join("\n"),
    );
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`error ${"code" in error ? error.code : ""}: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
