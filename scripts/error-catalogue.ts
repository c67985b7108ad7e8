/**
 * `npm run errors`: writes the error catalogue of docs/RUNBOOK.md from the sources, so that every code an operator can meet is in
 * it. Each message says what is wrong and what to do; the values that a real one names are an ellipsis here.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { EXIT } from "../keeper/kernel/errors.ts";

const root = join(fileURLToPath(new URL("..", import.meta.url)));
const RUNBOOK = join(root, "docs", "RUNBOOK.md");
const BEGIN = "<!-- error catalogue: npm run errors -->";
const END = "<!-- end of error catalogue -->";

export interface ErrorEntry {
  readonly code: string;
  /** The class of failure, a name of `EXIT` in keeper/kernel/errors.ts. */
  readonly failure: "badInput" | "chain" | "held" | "refused" | "notYet" | "unexpected";
  /** The message with its values left out. */
  readonly message: string;
  readonly file: string;
}

interface Declared {
  readonly extends: string | null;
  readonly exit: ErrorEntry["failure"] | null;
  readonly code: string | null;
  readonly message: string;
  readonly file: string;
}

/** The text of a string, a template or a sum of both; every value becomes an ellipsis. */
function spoken(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
  if (ts.isBinaryExpression(node)) return spoken(node.left) + spoken(node.right);
  if (ts.isParenthesizedExpression(node)) return spoken(node.expression);
  return "…";
}

/** What the class's constructor hands to `super`; of several ways the first. */
function messageOf(node: ts.ClassDeclaration): string {
  let found: string | null = null;
  const visit = (child: ts.Node): void => {
    if (found !== null) return;
    if (ts.isCallExpression(child) && child.expression.kind === ts.SyntaxKind.SuperKeyword) {
      const [message] = child.arguments;
      found = message === undefined ? "…" : spoken(message);
    }
    ts.forEachChild(child, visit);
  };
  visit(node);
  return (found ?? "…")
    .replace(/\s+/g, " ")
    .replace(/(…\s*)+/g, "… ")
    .replace(/… (?=[.,:;)%"'])/g, "…")
    .trim();
}

const isFailure = (name: string): name is ErrorEntry["failure"] =>
  ["badInput", "chain", "held", "refused", "notYet", "unexpected"].includes(name);

function declaredIn(file: string, into: Map<string, Declared>): void {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) && node.name !== undefined) {
      const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
      const initial = (name: string): ts.Expression | undefined =>
        node.members.filter(ts.isPropertyDeclaration).find((member) => member.name.getText() === name)?.initializer;
      const code = initial("code");
      const exit = initial("exitCode")?.getText().replace("EXIT.", "");
      into.set(node.name.text, {
        extends: base?.expression.getText() ?? null,
        exit: exit !== undefined && isFailure(exit) ? exit : null,
        code: code !== undefined && ts.isStringLiteral(code) ? code.text : null,
        message: messageOf(node),
        file: relative(root, file),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** Every literal error code of the keeper, in the order of the alphabet. */
export function errorCatalogue(): readonly ErrorEntry[] {
  const classes = new Map<string, Declared>();
  const files = readdirSync(join(root, "keeper"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) declaredIn(file, classes);
  const failureOf = (name: string | null): ErrorEntry["failure"] => {
    const found = name === null ? undefined : classes.get(name);
    if (found === undefined) return "unexpected";
    return found.exit ?? failureOf(found.extends);
  };
  return [...classes]
    .flatMap(([name, { code, message, file }]) =>
      code === null ? [] : [{ code, failure: failureOf(name), message, file }],
    )
    .sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}

/** The runbook with the catalogue of the sources in it. */
export function runbookWithCatalogue(text: string, entries: readonly ErrorEntry[]): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new RangeError(`docs/RUNBOOK.md has lost its marks "${BEGIN}" and "${END}". Put them back around the table.`);
  const rows = entries.map(
    ({ code, failure, message, file }) =>
      `| \`${code}\` | ${EXIT[failure]} | ${message.replaceAll("|", "\\|")} | \`${file}\` |`,
  );
  return `${before}${BEGIN}\n| code | exit | message | where |\n|---|---|---|---|\n${rows.join("\n")}\n${END}${after}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const entries = errorCatalogue();
  writeFileSync(RUNBOOK, runbookWithCatalogue(readFileSync(RUNBOOK, "utf8"), entries));
  console.log(`docs/RUNBOOK.md: ${entries.length} codes.`);
}
