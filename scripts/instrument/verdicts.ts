/** Results of the mutation run: kept while it runs, and as tables when it is done. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Equivalent } from "../../test/mutants/equivalent.ts";
import type { Fault } from "./operators.ts";

export type Verdict = "killed" | "survived" | "does not compile";
const VERDICTS: readonly string[] = ["killed", "survived", "does not compile"];
const isVerdict = (value: unknown): value is Verdict => typeof value === "string" && VERDICTS.includes(value);

/** Verdicts on one state of the sources, so that an interrupted run goes on where it stopped. */
export class Verdicts {
  readonly #path: string;
  readonly #sources: string;
  readonly #known: Map<string, Verdict> = new Map();

  constructor(path: string, sources: string, fresh: boolean) {
    this.#path = path;
    this.#sources = sources;
    if (fresh || !existsSync(path)) return;
    const kept: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof kept !== "object" || kept === null || !("sources" in kept) || kept.sources !== sources) return;
    const list = "verdicts" in kept && typeof kept.verdicts === "object" ? kept.verdicts : {};
    for (const [id, verdict] of Object.entries(list ?? {})) if (isVerdict(verdict)) this.#known.set(id, verdict);
  }

  of(fault: Fault): Verdict | undefined {
    return this.#known.get(`${fault.path} | ${fault.id}`);
  }

  set(fault: Fault, verdict: Verdict): void {
    this.#known.set(`${fault.path} | ${fault.id}`, verdict);
    writeFileSync(
      this.#path,
      JSON.stringify({ sources: this.#sources, verdicts: Object.fromEntries(this.#known) }, null, 1),
    );
  }
}

export interface Row {
  readonly path: string;
  readonly faults: number;
  readonly killed: number;
  readonly argued: number;
  readonly survived: number;
  readonly uncompiled: number;
}

const count = (path: string, faults: readonly Fault[], verdicts: Verdicts, argued: ReadonlySet<string>): Row => {
  const of = (verdict: Verdict): Fault[] => faults.filter((fault) => verdicts.of(fault) === verdict);
  const survivors = of("survived");
  const arguable = survivors.filter((fault) => argued.has(fault.id)).length;
  return {
    path,
    faults: faults.length,
    killed: of("killed").length,
    argued: arguable,
    survived: survivors.length - arguable,
    uncompiled: of("does not compile").length,
  };
};

export function rowsOf(faults: readonly Fault[], verdicts: Verdicts, equivalents: readonly Equivalent[]): Row[] {
  const argued = new Set(equivalents.map(({ id }) => id));
  const paths = [...new Set(faults.map((fault) => fault.path))].sort();
  const rows = paths.map((path) =>
    count(
      path,
      faults.filter((fault) => fault.path === path),
      verdicts,
      argued,
    ),
  );
  return [...rows, count("all", faults, verdicts, argued)];
}

/** Killed of those that could be, percent. */
export const scoreOf = (row: Row): number => {
  const alive = row.killed + row.survived;
  return alive === 0 ? 100 : (100 * row.killed) / alive;
};

export function tableOf(rows: readonly Row[]): string {
  const head =
    "| file | faults | killed | survivors argued | survivors | not compiled | score |\n|---|--:|--:|--:|--:|--:|--:|";
  const lines = rows.map(
    (row) =>
      `| ${row.path} | ${row.faults} | ${row.killed} | ${row.argued} | ${row.survived} | ${row.uncompiled} | ${scoreOf(row).toFixed(1)} % |`,
  );
  return `${head}\n${lines.join("\n")}`;
}

/**
 * What the first failing test of Hardhat's Solidity runner said: the message of its check, or the error an act stopped with.
 * Nothing where no test failed: a run that a compiler or the runner stopped has noticed no fault.
 */
export function reasonOf(output: string): string | undefined {
  if (!/^\s*[1-9]\d* failing$/m.test(output)) return undefined;
  const check = /Not(?:Equal|AtMost|True)\("([^"]*)"/.exec(output);
  if (check?.[1] !== undefined) return check[1];
  return /^\s*Error: (.*revert.*)$/m.exec(output)?.[1]?.slice(0, 120);
}
