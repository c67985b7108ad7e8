/** `queue` shows the redeem queue; `maintain` does the chores that anyone may do. */
import { resolve } from "node:path";
import { createSender } from "../chain/sender.ts";
import { loadSigner } from "../chain/signer.ts";
import { systemClock } from "../kernel/clock.ts";
import { fromWad } from "../kernel/units.ts";
import { connected } from "./context.ts";
import type { CommandResult } from "./output.ts";

const weth = (amount: bigint): string => `${fromWad(amount).toFixed(6)} WETH`;
const time = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
/** Shares carry six decimals more than the asset. */
const SHARE = 10n ** 24n;
const sharesText = (amount: bigint): string => `${(Number((amount * 1_000_000n) / SHARE) / 1e6).toFixed(6)} shares`;

export async function queue(configFile: string): Promise<CommandResult> {
  const { readQueue } = await import("../execute/queue.ts");
  const { dueChores } = await import("../execute/maintain.ts");
  return connected(configFile, async ({ client, config }) => {
    const reading = await readQueue(client, config);
    if (reading === null) return { data: null, text: "The vault has no redeem queue bound." };
    const { due, blocked } = await dueChores(client, config);
    const shown = reading.batches.filter(({ state, shares }) => state !== "paid" && (shares > 0n || state === "ended"));
    const states = {
      open: "takes requests until",
      ended: "ended, waits for its price since",
      priced: "priced, not yet paid; ended",
      paid: "paid; ended",
    } as const;
    const chores = due.map(({ kind, why }) => ({ kind, why }));
    return {
      data: { ...reading, due: chores, blocked },
      text: [
        `queue ${reading.queue} at block ${reading.block}, ${time(reading.now)}`,
        `owed to priced requests ${weth(reading.owed)}; requested and not priced ${weth(reading.pending)} at today's price`,
        `idle ${weth(reading.idle)}, minimum after a rebalance ${weth(reading.minimumIdle)}, payable at once ${weth(reading.available)}`,
        `exits ${reading.exitsOpen ? "are open" : "ARE CLOSED: frozen, or the NAV is stale"}; oldest report ${time(reading.navTimestamp)}`,
        ...shown.map(
          ({ id, state, end, shares, assets }) =>
            `  batch ${id}: ${sharesText(shares)}${assets > 0n ? ` = ${weth(assets)}` : ""}, ${states[state]} ${time(end)}`,
        ),
        ...(shown.length === 0 ? ["  no request is open"] : []),
        ...chores.map(({ kind, why }) => `due: ${kind}, ${why}`),
        ...blocked.map((reason) => `blocked: ${reason}`),
        chores.length === 0 ? "Nothing is due." : "Anyone may do it: amplified maintain --key-file <file>.",
      ].join("\n"),
    };
  });
}

export interface MaintainFlags {
  readonly config: string;
  readonly keyFile?: string;
  readonly passwordFile?: string;
}

/** Does the chores with a key; without one says what is due. */
export async function maintainOnce(flags: MaintainFlags): Promise<CommandResult> {
  const { dueChores, maintain } = await import("../execute/maintain.ts");
  const signer = flags.keyFile === undefined ? null : await loadSigner(resolve(flags.keyFile), flags.passwordFile);
  return connected(flags.config, async ({ client, config }) => {
    if (signer === null) {
      const { due, blocked } = await dueChores(client, config);
      const chores = due.map(({ kind, why, to, data }) => ({ kind, why, to, data }));
      const text = [
        ...chores.map(({ kind, why }) => `due: ${kind}, ${why}`),
        ...blocked.map((reason) => `blocked: ${reason}`),
        chores.length === 0 ? "Nothing is due." : "dry run: nothing was sent; name a key with --key-file",
      ];
      return { data: { status: "dry-run", due: chores, blocked }, text: text.join("\n") };
    }
    const { done, blocked } = await maintain(createSender(client, signer, config, systemClock), config);
    const text = [
      ...done.map((one) =>
        "lost" in one
          ? `${one.kind}: not needed any more (${one.lost})`
          : `${one.kind} in ${one.transactionHash}: ${one.why}; ${one.gasUsed} gas`,
      ),
      ...blocked.map((reason) => `blocked: ${reason}`),
      ...(done.length === 0 ? ["Nothing was due."] : []),
    ];
    return { data: { status: "done", done, blocked }, text: text.join("\n") };
  });
}
