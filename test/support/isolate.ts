/** Deploys a fixture once and gives every test the state it left. */

import { GenuineArtifactError } from "./genuine/errors.ts";
import type { Venue } from "./venue.ts";

/** Registers the hooks and returns the way to the fixture. */
export function isolate<T extends Venue>(deploy: () => Promise<T>): () => T {
  let venue: T | undefined;
  let restore: (() => Promise<void>) | undefined;
  before(async () => {
    venue = await deploy();
  });
  beforeEach(async () => {
    const snapshot = await venue?.connection.networkHelpers.takeSnapshot();
    restore = snapshot === undefined ? undefined : () => snapshot.restore();
  });
  afterEach(async () => {
    await restore?.();
  });
  return () => {
    if (venue === undefined) throw new GenuineArtifactError("fixture", "it was asked for before it was deployed");
    return venue;
  };
}
