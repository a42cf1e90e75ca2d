import * as z from "zod";

/** A location's name: fit for a flag and a file, and never mistaken for a URL or a path. */
const LocationName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, {
  message: "a location's name is of a-z, 0-9, . and -, at most 63 characters",
});

/** The user's config.yaml. Never holds a secret. Fields that a newer version wrote are kept. */
export const LocationsFile = z.looseObject({
  default: LocationName.optional(),
  locations: z.record(LocationName, z.string()).default({}),
});

export type LocationsFile = z.infer<typeof LocationsFile>;
