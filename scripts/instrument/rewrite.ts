/** Nested replacements in one text: an outer edit renders its parts, and with them the edits inside. */

/** Renders `[start, end)` with all edits inside it applied. */
export type Render = (start: number, end: number) => string;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly order: number;
  readonly apply: (render: Render) => string;
}

/** Edits either nest or lie apart. Of two on one range, the one added first is the outer one. */
export class Rewriter {
  readonly text: string;
  readonly #edits: Edit[] = [];

  constructor(text: string) {
    this.text = text;
  }

  get isEmpty(): boolean {
    return this.#edits.length === 0;
  }

  original(start: number, end: number): string {
    return this.text.slice(start, end);
  }

  edit(start: number, end: number, apply: (render: Render) => string): void {
    this.#edits.push({ start, end, order: this.#edits.length, apply });
  }

  /** The whole text, rewritten. */
  result(): string {
    const sorted = [...this.#edits].sort((a, b) => a.start - b.start || b.end - a.end || a.order - b.order);
    return this.#render(0, this.text.length, sorted);
  }

  #render(start: number, end: number, inside: readonly Edit[]): string {
    let [out, at, next] = ["", start, 0];
    while (next < inside.length) {
      const edit = inside[next];
      if (edit === undefined) break;
      let last = next + 1;
      while (last < inside.length && (inside[last]?.start ?? 0) < edit.end) last += 1;
      const nested = inside.slice(next + 1, last);
      out += this.text.slice(at, edit.start);
      out += edit.apply((from, to) =>
        this.#render(
          from,
          to,
          nested.filter((other) => other.start >= from && other.end <= to),
        ),
      );
      at = edit.end;
      next = last;
    }
    return out + this.text.slice(at, end);
  }
}

/**
 * Solidity without its comments, line breaks kept. A soljson build takes its whole input through a stack of a few megabytes,
 * which rewritten sources would overflow.
 */
export function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) => {
    if (found.startsWith('"') || found.includes("SPDX-License-Identifier")) return found;
    return found.replace(/[^\n]+/g, " ");
  });
}
