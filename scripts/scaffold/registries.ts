/** The lines of a new venue in the files that list venues. Each stands before a line that marks the list's end. */
import { InputError } from "../../keeper/kernel/errors.ts";
import type { VenueNames } from "./erc4626.ts";

/** A registry no longer looks as this script knows it. */
class ScaffoldAnchorError extends InputError {
  readonly code = "SCAFFOLD_ANCHOR";
  constructor(file: string, anchor: string, lines: string) {
    super(`${file} has no single line "${anchor}" to write before. Add by hand:\n${lines}`);
  }
}

interface Insertion {
  readonly file: string;
  /** A line that occurs once after `after`, or once in the file. */
  readonly before: string;
  /** Text from which on the line is looked for. */
  readonly after?: string;
  readonly lines: string;
}

const insertionsOf = ({ name, id, variable }: VenueNames): readonly Insertion[] => [
  { file: "keeper/protocols/ids.ts", before: "] as const;", lines: `  "${id}",\n` },
  {
    file: "keeper/protocols/index.ts",
    before: 'import { uniswapV3 } from "./uniswap-v3.ts";',
    lines: `import { ${variable} } from "./${id}.ts";\n`,
  },
  {
    file: "keeper/protocols/index.ts",
    before: "} as const satisfies Record<ProtocolId, Protocol>;",
    lines: id === variable ? `  ${variable},\n` : `  "${id}": ${variable},\n`,
  },
  {
    file: "keeper/protocols/gas.ts",
    after: "export const GAS",
    before: "};",
    lines: `  // As any ERC-4626 vault until the venue's own figure is measured: test/keeper/protocols tells.
  ${id === variable ? id : `"${id}"`}: { Deallocate: erc4626(210_000), RequestExit: null, Allocate: erc4626(380_000), Reposition: null },\n`,
  },
  {
    file: "keeper/protocols/exposure.ts",
    after: "export const EXPOSURE",
    before: "};",
    lines: `  // The cautious end until someone has looked at what it holds.
  ${id === variable ? id : `"${id}"`}: both,\n`,
  },
  {
    file: "keeper/protocols/venues.ts",
    after: "export const VENUE_ENTRIES",
    before: "];",
    lines: `  {
    id: "${id}",
    kind: "addition",
    twin: "${id}",
    tests: { npm: NONE, recorded: NONE, double: adapter("${name}"), live: NONE },
  },\n`,
  },
  { file: "deploy/plan.ts", before: '  | "PendleLpAdapter";', lines: `  | "${name}Adapter"\n` },
  {
    file: "test/support/everyVenue.ts",
    after: "export const VENUE_ORDER",
    before: "];",
    lines: `  "${id}",\n`,
  },
  {
    file: "test/support/everyVenue.ts",
    before: '  adapters.set("erc4626", await registry.adapterOf(1));',
    lines: `  const ${variable} = await ethers.deployContract("${name}VaultDouble", [weth]);
  await open("${id}", "${name}Adapter", [vault, weth, await ${variable}.getAddress()]);\n`,
  },
];

/** The changed files with their whole text. @throws {ScaffoldAnchorError} when a registry has another form. */
export function insertions(names: VenueNames, read: (file: string) => string): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const { file, before, after, lines } of insertionsOf(names)) {
    const text = changed[file] ?? read(file);
    const from = after === undefined ? 0 : text.indexOf(after);
    const place = from < 0 ? -1 : text.indexOf(`\n${before}`, from);
    if (place < 0 || (after === undefined && text.indexOf(`\n${before}`, place + 1) >= 0))
      throw new ScaffoldAnchorError(file, before, lines);
    changed[file] = `${text.slice(0, place + 1)}${lines}${text.slice(place + 1)}`;
  }
  return changed;
}
