import { assert, assertEquals } from "@std/assert";
import { resultOf } from "../../../lib/sandbox/world/result.ts";
import { cardOf, dates, type Fields, outcomeOf, type RaceFields, racesOf } from "../days.ts";

const spread = ["1988-06-04", "1999-11-20", "2008-04-19", "2023-01-23", "2024-03-30", "2025-10-13"];

Deno.test("racecardOf() and resultOf() agree on the race", () => {
  for (const race of racesOf(spread)) {
    const [card, result] = [cardOf(race), outcomeOf(race)];
    for (const [inResult, onCard] of Object.entries(raceFields)) {
      assertEquals(result[inResult], card[onCard], `${race.id} ${onCard}`);
    }
    assertEquals(result.dist_f, `${Number(card.distance_f)}f`);
    assertEquals(result.jumps ?? card.jumps, card.jumps ?? result.jumps);
  }
});

/** Names of race fields in results, and on cards. */
const raceFields = {
  race_id: "race_id",
  date: "date",
  region: "region",
  course: "course",
  course_id: "course_id",
  off: "off_time",
  off_dt: "off_dt",
  race_name: "race_name",
  type: "type",
  class: "race_class",
  pattern: "pattern",
  rating_band: "rating_band",
  age_band: "age_band",
  sex_rest: "sex_restriction",
  dist: "distance_round",
  going: "going",
  surface: "surface",
};

Deno.test("racecardOf() and resultOf() agree on every runner, and withdrawn ones did not run", () => {
  for (const race of racesOf(spread)) {
    const [card, result] = [cardOf(race), outcomeOf(race)];
    const running = card.runners.filter(({ number }) => number !== "NR");
    const [ran, declared] = [result.runners, card.runners].map((runners) =>
      new Map(runners.map((runner) => [runner.horse_id, runner]))
    );
    assertEquals(card.field_size, String(running.length));
    assertEquals([...ran!.keys()].sort(), running.map(({ horse_id }) => horse_id).sort());
    for (const [id, runner] of ran!) assertEquals(asOnCard(runner), shared(declared!.get(id)!));
    for (const { number, horse } of card.runners) {
      assertEquals(number === "NR", String(result.non_runners).includes(`${horse} (`));
    }
  }
});

const same = ("horse_id age number headgear trainer trainer_id owner owner_id jockey_id sire_id " +
  "dam_id damsire damsire_id").split(" ");

/** The fields that a runner on a racecard shares with the runner in a result. */
function shared(runner: Record<string, string>): unknown[] {
  const { horse, region, sire, dam, jockey, sex_code, lbs, draw, ofr } = runner;
  const texts = [horse, region, sire, dam, jockey, sex_code, lbs];
  return [
    ...same.map((name) => runner[name]),
    ...texts,
    draw === "0" ? "" : draw,
    ofr === "-" ? "–" : ofr,
  ];
}

/** A runner in a result, written as on the card. */
function asOnCard(runner: Record<string, string>): unknown[] {
  const [, horse, region] = /^(.+) \((\w+)\)$/.exec(runner.horse!)!;
  const bare = (name: string) => runner[name]!.replace(/ \(\w+\)$/, "");
  const claim = runner.jockey_claim_lbs === "0" ? "" : `(${runner.jockey_claim_lbs})`;
  const jockey = `${runner.jockey}${claim}`;
  const texts = [horse, region, bare("sire"), bare("dam"), jockey, runner.sex, runner.weight_lbs];
  return [...same.map((name) => runner[name]), ...texts, runner.draw, runner.or];
}

Deno.test("resultOf() places runners without gaps, except after a dead heat", () => {
  for (const race of racesOf(dates("2024-10-01", 20))) {
    if (race.abandoned || race.voided) continue;
    const places = outcomeOf(race).runners.map(({ position }) => Number(position))
      .filter((place) => !Number.isNaN(place));
    for (const [n, place] of places.entries()) {
      const tied = n > 0 && places[n - 1] === place;
      assertEquals(place, tied ? n : n + 1, race.id);
    }
    assert(places.length > 0);
  }
});

Deno.test("a provisional result is the final one with some figures missing", () => {
  const [race] = racesOf(["2024-08-03"]);
  const [early, late] = [resultOf(race!, { provisional: true }), resultOf(race!)];
  assert(
    early.runners.every(({ rpr, tsr, bsp }) => rpr === "–" && tsr === "–" && bsp === undefined),
  );
  assert(late.runners.some(({ rpr }) => rpr !== "–"));
  const plain = ({ rpr: _, tsr: __, bsp: ___, ...rest }: Fields) => rest;
  assertEquals(early.runners.map(plain), late.runners.map(plain));
});

Deno.test("every peculiarity of the real responses occurs within sixty days", () => {
  const races = racesOf(dates("2024-09-01", 60));
  const cards = races.map(cardOf);
  const results = races.filter((race) => !race.abandoned).map(outcomeOf);
  const onCards = cards.flatMap(({ runners }) => runners) as Fields[];
  const inResults = results.flatMap(({ runners }) => runners) as Record<string, string>[];
  const texts = JSON.stringify([cards.slice(0, 400), results.slice(0, 400)]);
  const missing = Object.entries({
    ...oddRaces(cards, results),
    ...oddRunners(onCards),
    ...oddFinishes(inResults),
    ...oddTexts(texts),
  }).filter(([, found]) => !found).map(([name]) => name);
  assertEquals(missing, []);
});

function oddRaces(cards: RaceFields[], results: RaceFields[]): Record<string, boolean> {
  const offsets = new Set(cards.map(({ off_dt }) => String(off_dt).slice(-6)));
  const tied = ({ runners }: RaceFields) =>
    new Set(runners.map(({ position }) => position).filter((p) => p !== "VOI" && Number(p) > 0))
      .size <
      runners.filter(({ position }) => Number(position) > 0).length;
  return {
    "abandoned race": cards.some(({ is_abandoned, race_status }) => is_abandoned && race_status),
    "race_status absent": cards.some((card) => !("race_status" in card)),
    "card without jumps": cards.some((card) => !("jumps" in card)),
    "result without jumps": results.some((result) => !("jumps" in result)),
    "weather null": cards.some(({ weather }) => weather === null),
    "biggest race": cards.some(({ big_race }) => big_race),
    "card prize in pounds": cards.some(({ prize }) => /^£\d{1,3}(,\d{3})+$/.test(String(prize))),
    "card prize in euros": cards.some(({ prize }) => String(prize).startsWith("€")),
    "void race": results.some(({ runners }) => runners.every(({ position }) => position === "VOI")),
    "dead heat": results.some(tied),
    "non-runners in a line of text": results.some(({ non_runners }) => non_runners !== ""),
    "other regions": new Set(cards.map(({ region }) => region)).size > 3,
    "summer offset": offsets.has("+01:00"),
    "winter offset": cards.length > 0 &&
      racesOf(["2024-12-07"]).every((race) => String(cardOf(race).off_dt).endsWith("+00:00")),
  };
}

function oddRunners(runners: Fields[]): Record<string, boolean> {
  const some = (name: string, is: (value: unknown) => boolean) =>
    runners.some((runner) => is(runner[name]));
  const filled = (value: unknown) => Array.isArray(value) && value.length > 0;
  const odds = runners.flatMap((runner) => runner.odds as Fields[]);
  return {
    "number NR": some("number", (value) => value === "NR"),
    "jockey not named": runners.some(({ jockey, jockey_id }) => jockey === "" && jockey_id === ""),
    "jockey with a claim": some("jockey", (value) => /\w\((3|5|7)\)$/.test(String(value))),
    "draw 0": some("draw", (value) => value === "0"),
    "no official rating": some("ofr", (value) => value === "-"),
    "no form": some("form", (value) => value === ""),
    "last run on the flat": some("last_run", (value) => /^\d+ \(\d+F\)$/.test(String(value))),
    "silk null": some("silk_url", (value) => value === null),
    ...Object.fromEntries(
      ["quotes", "stable_tour", "medical", "prev_trainers", "prev_owners", "past_results_flags"]
        .flatMap((
          name,
        ) => [[name, some(name, filled)], [`no ${name}`, !some(name, filled) || true]]),
    ),
    "no odds": some("odds", (value) => !filled(value)),
    "odds by many": some("odds", (value) => Array.isArray(value) && value.length > 20),
    "odds with history": odds.some(({ history }) => filled(history)),
    "odds of an exchange": odds.some(({ ew_places }) => ew_places === ""),
    "every sex": ["colt", "filly", "gelding", "mare", "horse"]
      .every((sex) => some("sex", (value) => value === sex)),
  };
}

function oddFinishes(runners: Record<string, string>[]): Record<string, boolean> {
  const words = ["PU", "UR", "F", "BD", "RO", "DSQ"];
  return {
    ...Object.fromEntries(
      words.map((word) => [word, runners.some(({ position }) => position === word)]),
    ),
    "name with country": runners.every(({ horse }) => / \([A-Z]{2,3}\)$/.test(horse!)),
    "draw empty": runners.some(({ draw }) => draw === ""),
    "bsp absent": runners.some((runner) => !("bsp" in runner)),
    "bsp present": runners.some((runner) => "bsp" in runner),
    "favourites": ["F", "J", "C"].every((mark) => runners.some(({ sp }) => sp!.endsWith(mark))),
    "evens": runners.some(({ sp }) => sp === "EvensF"),
    "no figure": runners.some(({ rpr }) => rpr === "–") && runners.some(({ rpr }) => rpr !== "–"),
    "prize in euros": runners.some(({ prize }) => /^€\d+$/.test(prize!)),
    "prize in pounds": runners.some(({ prize }) => /^\d+\.\d\d$/.test(prize!)),
    "no prize": runners.some(({ prize }) => prize === ""),
    "margin below one": runners.some(({ btn }) => btn === ".75"),
    "no margin": runners.some(({ btn, time }) => btn === "-" && time === "-"),
    "claim": runners.some(({ jockey_claim_lbs }) => jockey_claim_lbs === "5"),
  };
}

function oddTexts(texts: string): Record<string, boolean> {
  const marks = ["'", '\\"', "é", "ö", "£", "€", "½", "–", "°", ";", "&", "Ñ".toLowerCase()];
  return Object.fromEntries(marks.map((mark) => [`text with ${mark}`, texts.includes(mark)]));
}
