/** The strategies of a run, with the venues that they name found in the panel. */
import type { ProfileName } from "../profiles.ts";
import { UnknownStrategyError, UnknownVenueError } from "./errors.ts";
import { answersTo, type Panel } from "./panel.ts";
import { type ParsedStrategy, parseStrategy, STRATEGY_FORMS } from "./rules/index.ts";

const HOLD = "hold:";

/**
 * A venue of the panel by its name, in any case, or by its token where one column holds it: "wstETH" for "flip_WSTETH".
 * @throws {UnknownVenueError} with the reason where the column was left out.
 */
export function venueNamed({ venues, notes }: Panel, wanted: string): string {
  const names = venues.map(({ name }) => name);
  if (names.includes(wanted)) return wanted;
  const near = names.filter((name) => answersTo(name, wanted));
  const [only] = near;
  if (only !== undefined && near.length === 1) return only;
  const reasons = notes.filter((note) => note.toLowerCase().startsWith(`${wanted.toLowerCase()}: left out`));
  throw new UnknownVenueError(wanted, near.length > 1 ? near : names, reasons);
}

/**
 * One that is named twice, once with its profile and once without, is one trial.
 * @param profile the profile of engine strategies that name none.
 * @throws {UnknownStrategyError | UnknownVenueError}
 */
export function strategiesOf(panel: Panel, texts: readonly string[], profile: ProfileName): ParsedStrategy[] {
  const parsed = texts.map((text): ParsedStrategy => {
    const strategy = parseStrategy(text, profile);
    if (!strategy.name.startsWith(HOLD)) return strategy;
    return { ...strategy, name: `${HOLD}${venueNamed(panel, strategy.name.slice(HOLD.length))}` };
  });
  if (parsed.length === 0) throw new UnknownStrategyError("", STRATEGY_FORMS);
  return [...new Map(parsed.map((strategy) => [strategy.name, strategy])).values()];
}
