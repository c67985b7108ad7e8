/** Solidity sources as solc sees them: typed syntax trees with byte offsets, read without believing more than is checked. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../../keeper/kernel/errors.ts";

const require = createRequire(import.meta.url);
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

type Fields = Readonly<Record<string, unknown>>;

class SourcesRefusedError extends InputError {
  readonly code = "SOURCES_REFUSED";
  constructor(messages: readonly string[]) {
    super(`solc refuses the contracts as they stand. Mend them first.\n${messages.join("\n")}`);
  }
}

class TreeUnexpectedError extends InputError {
  readonly code = "SYNTAX_TREE_UNEXPECTED";
  constructor(what: string) {
    super(`The syntax tree of solc has no ${what} where one is expected. Bring scripts/instrument up to this solc.`);
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One node of a syntax tree. Offsets are bytes into the source, end exclusive. */
export class SyntaxNode {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly parent: SyntaxNode | undefined;
  readonly #fields: Fields;
  readonly #children: Map<string, SyntaxNode[]> = new Map();

  constructor(fields: Fields, parent: SyntaxNode | undefined) {
    this.#fields = fields;
    this.parent = parent;
    this.kind = String(fields["nodeType"]);
    const [start = 0, length = 0] = String(fields["src"] ?? "0:0:0")
      .split(":")
      .map(Number);
    this.start = start;
    this.end = start + length;
    for (const [key, value] of Object.entries(fields)) {
      const list = Array.isArray(value) ? value : [value];
      const nodes = list.filter(isFields).filter((item) => typeof item["nodeType"] === "string");
      if (nodes.length > 0)
        this.#children.set(
          key,
          nodes.map((item) => new SyntaxNode(item, this)),
        );
    }
  }

  /** A scalar of the node as text; "" when it has none. */
  text(key: string): string {
    const value = this.#fields[key];
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  }

  /** The type solc found, "uint256" for instance; "" where there is none. */
  get type(): string {
    return this.#typeOf("typeDescriptions");
  }

  /** The type in which a binary operation is computed. */
  get commonType(): string {
    return this.#typeOf("commonType");
  }

  children(key: string): readonly SyntaxNode[] {
    return this.#children.get(key) ?? [];
  }

  maybe(key: string): SyntaxNode | undefined {
    return this.children(key)[0];
  }

  child(key: string): SyntaxNode {
    const found = this.maybe(key);
    if (found === undefined) throw new TreeUnexpectedError(`"${key}" in a ${this.kind}`);
    return found;
  }

  /** The key under which the parent holds this node. */
  get role(): string {
    for (const [key, nodes] of this.parent?.parts() ?? []) if (nodes.includes(this)) return key;
    return "";
  }

  parts(): Iterable<[string, readonly SyntaxNode[]]> {
    return this.#children;
  }

  /** This node and all below it, in the order of the source. */
  *walk(): Generator<SyntaxNode> {
    yield this;
    for (const nodes of this.#children.values()) for (const node of nodes) yield* node.walk();
  }

  /** The nearest node above of one of these kinds. */
  above(...kinds: readonly string[]): SyntaxNode | undefined {
    let at = this.parent;
    while (at !== undefined && !kinds.includes(at.kind)) at = at.parent;
    return at;
  }

  #typeOf(key: string): string {
    const value = this.#fields[key];
    return isFields(value) && typeof value["typeString"] === "string" ? value["typeString"] : "";
  }
}

/** A source file: `text` holds one character per byte, so that solc's offsets index it. */
export interface Unit {
  readonly path: string;
  readonly text: string;
  readonly tree: SyntaxNode;
}

export const readBytes = (path: string): string => readFileSync(path, "latin1");

const solidityIn = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sol"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

/**
 * Analyses every source under `folder` of the project at `root` with the solc of package.json, without generating code.
 * @throws when the sources have an error.
 */
export function analyse(root: string, folder = "contracts"): Unit[] {
  const paths = solidityIn(root, folder);
  const output = compile(
    Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), "utf8")])),
    { "*": { "": ["ast"] } },
    root,
  );
  const sources = isFields(output["sources"]) ? output["sources"] : {};
  return paths.map((path) => {
    const source = sources[path];
    const tree = isFields(source) ? source["ast"] : undefined;
    if (!isFields(tree)) throw new TreeUnexpectedError(`tree for ${path}`);
    return { path, text: readBytes(join(root, path)), tree: new SyntaxNode(tree, undefined) };
  });
}

function compile(sources: Readonly<Record<string, string>>, outputSelection: Fields, root: string): Fields {
  const solc: unknown = require("solc");
  if (!isFields(solc) || typeof solc["compile"] !== "function") throw new TreeUnexpectedError("compile function");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])),
    settings: { evmVersion: "cancun", outputSelection },
  };
  const read = (path: string): { contents: string } | { error: string } => {
    for (const folder of [root, join(projectRoot, "node_modules")]) {
      try {
        return { contents: readFileSync(join(folder, path), "utf8") };
      } catch {
        // Not there: the next folder, or an answer that solc reports with the import's place.
      }
    }
    return { error: `${path} not found` };
  };
  const output: unknown = JSON.parse(String(solc["compile"](JSON.stringify(input), { import: read })));
  if (!isFields(output)) throw new TreeUnexpectedError("output");
  const errors = Array.isArray(output["errors"]) ? output["errors"].filter(isFields) : [];
  const fatal = errors.filter((error) => error["severity"] === "error");
  if (fatal.length > 0) throw new SourcesRefusedError(fatal.map((error) => String(error["formattedMessage"])));
  return output;
}

/** 1-based line of a byte offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}
