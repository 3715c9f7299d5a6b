/**
 * The view of a horse by itself, as `/v1/horses/{id}/pro` and `/standard` return it.
 *
 * @module
 */

import { dateOf } from "./calendar.ts";
import { type Horse, sexOn } from "./horse.ts";
import { horseId } from "./stratum.ts";
import { withCountry } from "./notation.ts";

/** A horse with pedigree. */
export type Profile = Readonly<Record<string, string>> & { readonly id: string };

/** The short profile. */
export function profileOf(horse: Horse): Profile {
  return {
    id: horseId("hrs", horse.number),
    name: withCountry(horse),
    sire: withCountry(horse.sire),
    sire_id: horseId("sir", horse.sire.number),
    dam: withCountry(horse.dam),
    dam_id: horseId("dam", horse.dam.number),
    damsire: withCountry(horse.damsire),
    damsire_id: horseId("dsi", horse.damsire.number),
  };
}

/** The profile with breeder, colour and date of birth; sex as on `day`. */
export function proProfileOf(horse: Horse, day: number): Profile {
  const sex = sexOn(horse, day);
  return {
    ...profileOf(horse),
    breeder: horse.breeder,
    dob: dateOf(horse.foaledOn),
    sex: sex.text,
    sex_code: sex.code,
    colour: colourNames[horse.colour] ?? "",
    colour_code: horse.colour,
  };
}

const colourNames: Readonly<Record<string, string>> = {
  b: "bay",
  ch: "chestnut",
  br: "brown",
  gr: "grey",
  "b/br": "bay or brown",
  bl: "black",
  ro: "roan",
};
