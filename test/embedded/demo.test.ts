/** The demonstration as whoever clones the repository meets it: one command, two files, the same every time. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";

const root = join(import.meta.dirname, "..", "..");
const node = join(root, "node_modules", "node", "bin", "node");
const SHARED_MARKET = join(root, "..", "shared", "data");
/** In points of annual yield: sampling a few minutes off midnight explains hundredths, not more. */
const RECORDED_TOLERANCE = 0.02;

const amount = z.string().regex(/^\d+(\.\d+)?$/);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const share = z.number().min(0).max(1.000_001);
const weights = z.array(z.object({ id: z.int(), name: z.string(), weight: share })).min(2);
const allocationRisk = z.object({
  var: z.number(),
  cvar: z.number(),
  evar: z.number(),
  maxDrawdown: z.number().min(0),
  cdar: z.number().min(0),
  liquid: share,
  liquidityAdjustedLoss: z.number().min(0),
  contributions: z.array(z.object({ name: z.string(), weight: share, cvar: z.number(), evar: z.number() })).min(2),
  stresses: z.array(z.object({ name: z.string(), loss: z.number().min(0), locked: share })).length(5),
});
const panel = z.object({ current: allocationRisk, proposed: allocationRisk.nullable() });
/** z.number() refuses NaN and infinities; JSON would have made them null. */
const runSchema = z.object({
  seed: z.int(),
  days: z.int().positive(),
  market: z.object({
    kind: z.enum(["synthetic", "recorded"]),
    mapping: z.array(z.object({ column: z.string(), feeds: z.string() })),
    recorded: z
      .array(z.object({ name: z.string(), apyPct: z.number(), onChainApyPct: z.number().nullable() }))
      .nullable(),
  }),
  contracts: z.record(z.string(), address),
  safe: z.object({ address, owners: z.array(address).length(3), threshold: z.literal(2) }),
  cycles: z
    .array(
      z.object({
        index: z.int(),
        date: z.iso.date(),
        status: z.enum(["executed", "refused", "held"]),
        proposalId: hash.nullable(),
        reasons: z.array(z.string()),
        signers: z.array(address),
        signersNeeded: z
          .object({ required: z.int().min(2).max(3), owners: z.literal(3), reason: z.string() })
          .nullable(),
        panel: panel.nullable(),
        send: z.object({ now: z.number().positive(), kind: z.enum(["send", "wait"]), reason: z.string() }).nullable(),
        approvedBy: z.enum(["signatures", "safe-transaction"]).nullable(),
        transaction: hash.nullable(),
        gasUsed: z.int().positive().nullable(),
        navBefore: amount,
        navAfter: amount,
        allocationBefore: weights,
        allocationAfter: weights,
        expectedNetApyPct: z.number().nullable(),
        realizedNetApyPct: z.number().nullable(),
        cvarPct: z.number().nullable(),
      }),
    )
    .min(5),
  fees: z.object({ managementBps: z.int().positive(), performanceBps: z.int().positive(), recipient: address }),
  events: z.array(z.object({ date: z.iso.date(), kind: z.string(), text: z.string().min(10) })),
  series: z
    .array(
      z.object({
        date: z.iso.date(),
        vault: z.number().positive(),
        equalWeight: z.number().positive(),
        hold: z.number().positive(),
        weights,
      }),
    )
    .min(50),
  summary: z.object({
    netApyPct: z.number(),
    grossApyPct: z.number(),
    equalWeightApyPct: z.number(),
    holdApyPct: z.number(),
    maxDrawdownPct: z.number().min(0),
    feesWeth: amount,
    queuePaidWeth: amount,
    executed: z.int(),
    refused: z.int(),
    held: z.int(),
    verdict: z.string(),
  }),
  timings: z.record(z.string(), z.number()),
});
type Run = z.output<typeof runSchema>;

function start(args: readonly string[]): {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
} {
  const child = spawn(node, [join(root, "keeper", "cli", "main.ts"), "demo", ...args], { cwd: tmpdir() });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  return { child, ended: new Promise((done) => child.once("close", (code) => done({ code, ...output }))) };
}

/** run.json without what is different each time. */
const lasting = (text: string): string => {
  const { timings, ...rest } = z.looseObject({ timings: z.unknown() }).parse(JSON.parse(text));
  expect(timings).to.not.equal(undefined);
  return JSON.stringify(rest);
};

/** Where two long texts part, with what stands around it: a diff of half a megabyte helps nobody. */
function firstDifference(left: string, right: string): string | null {
  if (left === right) return null;
  let at = 0;
  while (left[at] === right[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 60);
  return `at ${at}: ${around(left)} <> ${around(right)}`;
}

function checkHtml(html: string): void {
  const figures = html.match(/<svg[\s>]/g) ?? [];
  // Value, allocation, drawdown, frontier and one fan per strategy; legends may add theirs.
  expect(figures.length).to.be.at.least(7);
  expect(html.trimEnd().endsWith("</html>")).to.equal(true);
  expect(html).not.to.match(/\b(NaN|undefined|Infinity|\[object )/);
  expect(html, "no script and nothing from elsewhere").not.to.match(/<script|<link|src="http/);
}

/** What must hold in every run, whatever the market. */
function checkRun({ cycles, summary, series }: Run): void {
  const count = (status: string) => cycles.filter((cycle) => cycle.status === status).length;
  expect(summary).to.include({ executed: count("executed"), refused: count("refused"), held: count("held") });
  for (const cycle of cycles) {
    if (cycle.status === "executed") {
      expect(cycle.transaction, `cycle ${cycle.index}`).to.match(/^0x/);
      expect(cycle.signers.length).to.be.at.least(cycle.signersNeeded?.required ?? Number.NaN);
      expect(cycle.panel?.proposed, `cycle ${cycle.index}`).to.not.equal(null);
      expect(cycle.proposalId).to.match(/^0x/);
    } else {
      expect(cycle.reasons.join(""), `cycle ${cycle.index}`).not.to.equal("");
      expect(cycle.allocationAfter).to.deep.equal(cycle.allocationBefore);
    }
  }
  for (const { date, weights: parts } of series) {
    const total = parts.reduce((sum, { weight }) => sum + weight, 0);
    expect(Math.abs(total - 1), date).to.be.below(1e-9);
  }
  for (const { panel: risk } of cycles) {
    for (const one of [risk?.current, risk?.proposed ?? undefined]) {
      if (one === undefined) continue;
      expect(one.var <= one.cvar && one.cvar <= one.evar, "VaR <= CVaR <= EVaR").to.equal(true);
      const parts = one.contributions.reduce((sum, { cvar }) => sum + cvar, 0);
      expect(Math.abs(parts - one.cvar), "contributions add up").to.be.below(1e-9);
    }
  }
}

describe("demonstration", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "amplified-demo-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (...names: readonly string[]) => join(folder, ...names);
  const runOf = (name: string): Run => runSchema.parse(JSON.parse(readFileSync(at(name, "run.json"), "utf8")));

  it("is killed in the middle, runs again in the same folder, and is the same as a run elsewhere but for its timings", async function () {
    this.timeout(600_000);
    const killed = start(["--seed", "1", "--out", at("one")]);
    await new Promise<void>((done, fail) => {
      killed.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("cycle 0: executed")) done();
      });
      killed.ended.then(({ stderr }) => fail(new TypeError(`it ended before its first cycle: ${stderr}`)), fail);
    });
    killed.child.kill("SIGKILL");
    expect((await killed.ended).code).to.equal(null);
    expect(existsSync(at("one", "run.json"))).to.equal(false);

    const [again, elsewhere] = await Promise.all([
      start(["--seed", "1", "--out", at("one")]).ended,
      start(["--seed", "1", "--out", at("two"), "--json"]).ended,
    ]);
    expect(again.code, again.stderr).to.equal(0);
    expect(elsewhere.code, elsewhere.stderr).to.equal(0);
    const [left, right] = [readFileSync(at("one", "run.json"), "utf8"), readFileSync(at("two", "run.json"), "utf8")];
    expect(firstDifference(lasting(left), lasting(right))).to.equal(null);
    // With --json stdout is the same document as the file.
    expect(JSON.parse(elsewhere.stdout)).to.deep.equal(JSON.parse(right));
  });

  it("executes at least four proposals, refuses one, and writes a report without holes", () => {
    const run = runOf("one");
    checkRun(run);
    expect(run.summary.executed).to.be.at.least(4);
    expect(run.summary.refused).to.be.at.least(1);
    expect(run.cycles.some(({ approvedBy }) => approvedBy === "safe-transaction")).to.equal(true);
    expect(run.cycles.find(({ status }) => status === "refused")?.reasons.join()).to.not.equal("");
    checkHtml(readFileSync(at("one", "report.html"), "utf8"));
  });

  it("shows fees, an exit through the queue, a freeze and its end, and a move that all owners had to sign", () => {
    const { cycles, events, summary } = runOf("one");
    expect(Number(summary.feesWeth)).to.be.above(0);
    expect(Number(summary.queuePaidWeth)).to.be.above(1);
    const kinds = events.map(({ kind }) => kind);
    const order = ["redeem-request", "priced", "claimed", "frozen", "returned"].map((kind) => kinds.indexOf(kind));
    expect(
      order.every((at, index) => at > (order[index - 1] ?? -1)),
      `${kinds}`,
    ).to.equal(true);
    const [asked, priced] = [events[order[0] ?? -1]?.date ?? "", events[order[1] ?? -1]?.date ?? ""];
    expect(priced > asked, `priced ${priced}, asked ${asked}`).to.equal(true);
    const large = cycles.filter(({ status, signersNeeded }) => status === "executed" && signersNeeded?.required === 3);
    expect(large.map(({ signers }) => signers.length)).to.include(3);
    expect(large[0]?.signersNeeded?.reason).to.match(/^3 of 3 needed, because it moves \d+\.\d\d % of NAV/);
    expect(cycles.some(({ signersNeeded }) => signersNeeded?.required === 2)).to.equal(true);
  });

  it("lives through the recorded market and earns what its file says; another seed is another run", async function () {
    this.timeout(600_000);
    const hasRecord = existsSync(SHARED_MARKET);
    const [other, recorded] = await Promise.all([
      start(["--seed", "2", "--out", at("other")]).ended,
      hasRecord ? start(["--market", SHARED_MARKET, "--out", at("recorded")]).ended : null,
    ]);
    expect(other.code, other.stderr).to.equal(0);
    const run = runOf("other");
    checkRun(run);
    expect(run.summary.executed).to.be.at.least(4);
    expect(run.summary.refused).to.be.at.least(1);
    expect(run.summary.netApyPct).not.to.equal(runOf("one").summary.netApyPct);
    if (recorded === null) this.skip();

    expect(recorded.code, recorded.stderr).to.equal(0);
    const live = runOf("recorded");
    checkRun(live);
    checkHtml(readFileSync(at("recorded", "report.html"), "utf8"));
    expect(live.market.mapping).to.not.deep.equal([]);
    const compared = (live.market.recorded ?? []).filter(({ onChainApyPct }) => onChainApyPct !== null);
    expect(compared.map(({ name }) => name)).to.have.length.at.least(4);
    for (const { name, apyPct, onChainApyPct } of compared) {
      expect(Math.abs(apyPct - (onChainApyPct ?? Number.NaN)), name).to.be.at.most(RECORDED_TOLERANCE);
    }
  });
});
