/** Active ranges of concentrated positions. */
export { checkRangeConfig, DEFAULT_RANGE_CONFIG, type RangeConfig } from "./config.ts";
export { decideRange } from "./decide.ts";
export { holdsAssetOnly } from "./position.ts";
