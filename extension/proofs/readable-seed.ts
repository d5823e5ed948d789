import { chooseSeed, type SeedStatus } from '../../shared/wire/originstamp.ts';

/** A seed of a service that speaks v4. */
type NamedSeed = SeedStatus & { seedId: string };

/** As {@link chooseSeed}, of those that can be followed. */
export function chooseNamedSeed(seeds: readonly SeedStatus[]): NamedSeed | undefined {
  return chooseSeed(seeds.filter((seed): seed is NamedSeed => seed.seedId !== undefined));
}
