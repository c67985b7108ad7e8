/** JSON as people's tools write it: with a byte order mark, or with one name twice, which JSON.parse passes over in silence. */

/** A name that stands twice in one object: the first value would be lost. */
class NameTwice extends SyntaxError {
  readonly doubled: string;
  constructor(doubled: string) {
    super(`"${doubled}" stands twice in one object`);
    this.doubled = doubled;
  }
}

/** Punctuation and strings: all that tells which strings are names. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/** The first name that an object of this valid JSON gives twice. */
function doubledName(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : null);
    else if (token === "}" || token === "]") open.pop();
    else if (token !== "," && isName) {
      const names = open.at(-1);
      const name = String(JSON.parse(token));
      if (names?.has(name)) return name;
      names?.add(name);
    }
    isName = (token === "{" || token === ",") && open.at(-1) instanceof Set;
  }
  return null;
}

/** @throws {SyntaxError} when the text is no JSON, or names one member of an object twice. */
export function parseJsonText(text: string): unknown {
  const bare = text.replace(/^\uFEFF/, "");
  const value: unknown = JSON.parse(bare);
  const doubled = doubledName(bare);
  if (doubled !== null) throw new NameTwice(doubled);
  return value;
}

/** What was wrong, to stand after "it" or a file's name. */
export const jsonFault = (cause: unknown): string =>
  cause instanceof NameTwice ? `it names "${cause.doubled}" twice in one object` : "it is not valid JSON";
