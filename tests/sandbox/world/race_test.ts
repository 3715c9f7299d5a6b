import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { dateOf, dayOf, yearOf } from "../../../lib/sandbox/world/calendar.ts";
import { horseById } from "../../../lib/sandbox/world/horse.ts";
import { dayOfRace, programmeOn } from "../../../lib/sandbox/world/programme.ts";
import { racesOn } from "../../../lib/sandbox/world/race.ts";
import { horseId } from "../../../lib/sandbox/world/stratum.ts";
import { dates, racesOf } from "../days.ts";

Deno.test("racesOn() returns the same races for the same date, and others for another seed", () => {
  assertEquals(racesOn("2025-10-13"), racesOn("2025-10-13"));
  assertNotEquals(racesOn("2025-10-13", 2), racesOn("2025-10-13"));
});

Deno.test("racesOn() needs no other day, so order does not matter", () => {
  const backwards = dates("2024-05-01", 5).reverse().map((date) => racesOn(date)).reverse();
  assertEquals(backwards, dates("2024-05-01", 5).map((date) => racesOn(date)));
});

Deno.test("racesOn() has about 35 races a day, most in Britain and Ireland, in every year", () => {
  for (const year of [1988, 2006, 2024, 2035]) {
    const counts = dates(`${year}-01-01`, 365).map((date) => programmeOn(1, dayOf(date)!));
    const races = counts.flat();
    assert(Math.abs(races.length / 365 - 35) < 2, `${year}: ${races.length / 365}`);
    const share = (home: string) =>
      races.filter((race) => race.home === home).length / races.length;
    assert(share("GB") > 0.6 && share("IRE") > 0.15, `${share("GB")} ${share("IRE")}`);
    assert(share("ROW") > 0.01 && share("ROW") < 0.06, `${share("ROW")}`);
  }
});

Deno.test("racesOn() is empty at Christmas and quieter on Mondays than on Saturdays", () => {
  for (const date of ["1988-12-25", "2010-12-24", "2024-12-25", "2010-04-02", "1987-12-31", "x"]) {
    assertEquals(racesOn(date), [], date);
  }
  assert(programmeOn(1, dayOf("2024-12-26")!).length > 40);
  const average = (first: string) => {
    const weeks = Array.from({ length: 50 }, (_, n) => dayOf(first)! + n * 7);
    return weeks.flatMap((day) => programmeOn(1, day)).length / weeks.length;
  };
  assert(average("2024-01-01") + 10 < average("2024-01-06"));
});

Deno.test("a race has 2 to 30 runners, about ten, and a horse runs once a day", () => {
  const days = dates("2024-06-01", 30);
  for (const date of days) {
    const races = racesOn(date);
    const horses = races.flatMap((race) => race.runners.map((runner) => runner.horse.number));
    assertEquals(new Set(horses).size, horses.length, date);
  }
  const sizes = racesOf(days).map((race) => race.runners.length);
  const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  assert(average > 8 && average < 12, `${average}`);
  assert(Math.min(...sizes) >= 2 && Math.max(...sizes) <= 30);
});

Deno.test("nobody rides at two courses on one day, or twice in one race", () => {
  for (const date of dates("2024-07-01", 14)) {
    const courses = new Map<string, string>();
    for (const race of racesOn(date)) {
      const ids = race.runners.flatMap((runner) => runner.jockey?.id ?? []);
      assertEquals(new Set(ids).size, ids.length, race.id);
      for (const id of ids) {
        assertEquals(courses.get(id) ?? race.course.id, race.course.id, `${date} ${id}`);
        courses.set(id, race.course.id);
      }
    }
  }
});

Deno.test("runners meet the terms of their race", () => {
  for (const race of racesOf(dates("2023-04-01", 60))) {
    for (const { age, sex, horse } of race.runners) {
      assert(age >= race.leastAge && age <= race.mostAge, race.id);
      assertEquals(age, yearOf(race.day) - yearOf(horse.foaledOn));
      if (["F", "F&M", "M"].includes(race.sexRestriction)) assert("FM".includes(sex.code));
      if (race.sexRestriction === "C&G") assert("CGH".includes(sex.code));
    }
  }
});

Deno.test("the same horses reappear over the years and grow older", () => {
  const seen = new Map<number, { year: number; sexes: Set<string>; names: Set<string> }[]>();
  for (let year = 2015; year <= 2020; year++) {
    for (const race of racesOf(dates(`${year}-05-01`, 30))) {
      for (const { horse, sex } of race.runners) {
        const years = seen.get(horse.number) ?? seen.set(horse.number, []).get(horse.number)!;
        if (years.at(-1)?.year !== year) years.push({ year, sexes: new Set(), names: new Set() });
        years.at(-1)!.sexes.add(sex.text);
        years.at(-1)!.names.add(horse.name);
      }
    }
  }
  const careers = [...seen.values()];
  const lengths = careers.map((years) => years.at(-1)!.year - years[0]!.year + 1);
  const long = lengths.filter((length) => length >= 3).length / careers.length;
  assert(long > 0.1, `${long}`);
  assert(Math.max(...lengths) <= 10);
  const turned = (from: string, to: string) =>
    careers.some((years) =>
      years.length > 1 && years[0]!.sexes.has(from) && years.at(-1)!.sexes.has(to)
    );
  assert(turned("filly", "mare") && turned("colt", "gelding") && turned("colt", "horse"));
  assert(careers.every((years) => new Set(years.flatMap(({ names }) => [...names])).size === 1));
  assert(!turned("mare", "filly") && !turned("gelding", "colt"));
});

Deno.test("the same people reappear and are replaced over time", () => {
  const people = (year: number) => {
    const runners = racesOf(dates(`${year}-06-01`, 20)).flatMap((race) => race.runners);
    return {
      trainers: new Map(runners.map(({ trainer }) => [trainer.id, trainer])),
      jockeys: new Map(runners.flatMap(({ jockey }) => jockey ? [[jockey.id, jockey]] : [])),
      owners: new Map(runners.map(({ owner }) => [owner.id, owner])),
    };
  };
  const [then, next, later] = [people(2005), people(2006), people(2030)];
  const kept = (a: Map<string, unknown>, b: Map<string, unknown>) =>
    [...a.keys()].filter((id) => b.has(id)).length / a.size;
  assert(kept(then.trainers, next.trainers) > 0.7);
  assert(kept(then.trainers, later.trainers) < 0.3);
  assert(kept(then.jockeys, next.jockeys) > 0.7 && kept(then.jockeys, later.jockeys) < 0.2);
  assert(kept(then.owners, next.owners) > 0.3);
  for (const [id, trainer] of then.trainers) {
    assertEquals(next.trainers.get(id) ?? trainer, trainer);
  }
});

Deno.test("ids lead back to the race's day and to the horse", () => {
  for (const race of racesOn("2024-08-03").slice(0, 10)) {
    assertEquals(dateOf(dayOfRace(race.id)!), "2024-08-03");
    for (const { horse } of race.runners) {
      assertEquals(horseById(1, horseId("hrs", horse.number)), horse);
    }
  }
  assertEquals(["rac_1", "rac_x", "hrs_13", ""].map(dayOfRace), Array(4).fill(undefined));
  assertEquals(["hrs_1", "hrs_", "dam_35067823", "hrs_7"].map((id) => horseById(1, id)), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("a dam is a mare that may have raced, and the damsire is her sire", () => {
  for (const { runners } of racesOn("2024-08-03").slice(0, 10)) {
    for (const { horse } of runners) {
      const dam = horseById(1, horseId("hrs", horse.dam.number))!;
      const sire = horseById(1, horseId("hrs", horse.sire.number))!;
      assertEquals([dam.male, sire.male], [false, true]);
      assertEquals([dam.name, dam.sire], [horse.dam.name, horse.damsire]);
      assert(horse.cohort - dam.cohort >= 5 && horse.cohort - sire.cohort >= 4);
    }
  }
});
