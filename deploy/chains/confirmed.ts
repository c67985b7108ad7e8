/**
 * What stands between an address nobody has confirmed and a deployment: its name, typed by whoever checked it at the
 * publisher or on the chain. `npm run deploy:mainnet -- --confirm-address <name>`.
 */
import { InputError } from "../../keeper/kernel/errors.ts";
import type { StrategyPlan } from "../plan.ts";
import type { ChainEntry } from "./mainnet.ts";

export type AddressBook = Readonly<Record<string, ChainEntry>>;

/** Read by deploy/modules/mainnet.ts: names separated by commas. Hardhat passes no options of ours on. */
export const CONFIRM_VARIABLE = "AMPLIFIED_CONFIRM_ADDRESS";

/** A plan needs addresses that were never confirmed. */
export class UnconfirmedAddressError extends InputError {
  readonly code = "ADDRESS_UNCONFIRMED";
  readonly names: readonly string[];
  constructor(uses: readonly AddressUse[]) {
    const lines = uses.map(
      ({ name, entry, strategy }) => `  ${name} ${entry.address}, for ${strategy}: ${entry.purpose} (${entry.source})`,
    );
    const flags = [...new Set(uses.map(({ name }) => `--confirm-address ${name}`))].join(" ");
    super(
      `Nobody has confirmed:\n${lines.join("\n")}\nCheck each at its publisher and on the chain, then repeat with ${flags}.`,
    );
    this.names = [...new Set(uses.map(({ name }) => name))];
  }
}

/** A name was confirmed that needs no confirmation: a slip of the keyboard would confirm nothing, in silence. */
export class NothingToConfirmError extends InputError {
  readonly code = "NOTHING_TO_CONFIRM";
  readonly confirmed: string;
  constructor(name: string, book: AddressBook) {
    const known = book[name] === undefined ? "no entry of the address book" : "an entry that is confirmed already";
    const open = Object.keys(book).filter((key) => book[key]?.confirmed === false);
    super(`--confirm-address ${name} names ${known}. Unconfirmed are: ${open.join(", ")}.`);
    this.confirmed = name;
  }
}

interface AddressUse {
  readonly name: string;
  readonly entry: ChainEntry;
  readonly strategy: string;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Names given by repeated options or a list; empty parts and blanks fall away. */
export const confirmedNames = (given: string | undefined): readonly string[] =>
  (given ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** The unconfirmed addresses that strategies name, as targets or as feeds. */
export function unconfirmedUses(strategies: readonly StrategyPlan[], book: AddressBook): readonly AddressUse[] {
  const open = Object.entries(book).filter(([, entry]) => entry.confirmed === false);
  return strategies.flatMap((strategy) =>
    // Ticks, bands and flags are no addresses.
    [...strategy.targets, strategy.oracle.feed]
      .filter((used) => typeof used === "string")
      .flatMap((used) =>
        open
          .filter(([, entry]) => same(entry.address, used))
          .map(([name, entry]) => ({ name, entry, strategy: strategy.name })),
      ),
  );
}

/**
 * Lets a plan pass when every unconfirmed address it uses was confirmed by name.
 * @throws {UnconfirmedAddressError} naming the others, {NothingToConfirmError} for names without effect
 */
export function requireConfirmed(
  strategies: readonly StrategyPlan[],
  book: AddressBook,
  confirmed: readonly string[],
): void {
  for (const name of confirmed) {
    if (book[name]?.confirmed !== false) throw new NothingToConfirmError(name, book);
  }
  const refused = unconfirmedUses(strategies, book).filter(({ name }) => !confirmed.includes(name));
  if (refused.length > 0) throw new UnconfirmedAddressError(refused);
}
