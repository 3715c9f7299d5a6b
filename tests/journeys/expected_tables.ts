// Computes what the tables of the racing job must hold from the API's responses, by hand-written
// rules alone: it uses neither config/racing.yaml nor code of lib/. Races and runners are added day
// by day, so that years fit into memory; horses, people and pedigrees are collected and returned at the end.
// Invariant: the order in which responses are added does not matter.

/** A JSON object of a response. */
export type Fields = Readonly<Record<string, unknown>>;

/** A race of a response, with its runners. */
export type RaceFields = Fields & { readonly runners: readonly Fields[] };

/** A row as strings, in the forms of read_tables.ts; a missing column is null. */
export type ExpectedRow = Readonly<Record<string, string | null>>;

/** Rows by key; the parts of a compound key are joined by a space. */
export type ExpectedTable = Map<string, ExpectedRow>;

/** The responses of the API for some dates. */
export interface Answers {
  readonly racecards: readonly RaceFields[];
  readonly results: readonly RaceFields[];
}

/** The lists of courses and regions, as the API returned them. */
export interface Lists {
  readonly courses: readonly Fields[];
  readonly regions: readonly Fields[];
}

/** Collects responses into tables. */
export class ExpectedTables {
  readonly #people = {
    ra_mst_horses: new Map<string, Sighting>(),
    ra_mst_jockeys: new Map<string, Sighting>(),
    ra_mst_trainers: new Map<string, Sighting>(),
    ra_mst_owners: new Map<string, Sighting>(),
  };
  readonly #facts = {
    ra_mst_sires: new Map<string, Row>(),
    ra_mst_dams: new Map<string, Row>(),
    ra_mst_damsires: new Map<string, Row>(),
    ra_horse_pedigree: new Map<string, Row>(),
  };
  readonly #courses = new Map<string, Row>();
  readonly #regions = new Map<string, Row>();

  /** Starts with the lists; without them there are only the courses at which races are held. */
  constructor({ courses, regions }: Lists = { courses: [], regions: [] }) {
    for (const { id, course, region_code, region } of courses) {
      this.#courses.set(String(id), {
        ...{ id: text(id), name: text(course), region_code: text(region_code) },
        region: text(region),
      });
    }
    for (const { region_code, region } of regions) {
      this.#regions.set(String(region_code), { code: text(region_code), name: text(region) });
    }
  }

  /** Adds all responses about some races; those about one race must be added in one call. */
  add({ racecards, results }: Answers): { ra_races: ExpectedTable; ra_runners: ExpectedTable } {
    const [ra_races, ra_runners]: [ExpectedTable, ExpectedTable] = [new Map(), new Map()];
    const cards = new Map(racecards.map((card) => [String(card.race_id), card]));
    const outcomes = new Map(results.map((result) => [String(result.race_id), result]));
    for (const id of new Set([...cards.keys(), ...outcomes.keys()])) {
      const [card, result] = [cards.get(id), outcomes.get(id)];
      ra_races.set(id, raceRow(card, result));
      const declared = byHorse(card);
      const ran = byHorse(result);
      for (const horse of new Set([...declared.keys(), ...ran.keys()])) {
        const row = runnerRow(id, declared.get(horse), ran.get(horse));
        ra_runners.set(`${id} ${horse}`, row);
      }
      if (card) this.#see(card, true);
      if (result) this.#see(result, false);
    }
    return { ra_races, ra_runners };
  }

  /** Horses, people, pedigrees, courses and regions of everything that was added. */
  masters(): Record<string, ExpectedTable> {
    const people = Object.entries(this.#people).map(([table, sightings]) =>
      [
        table,
        new Map([...sightings].map(([id, sighting]) => [id, personRow(id, sighting)])),
      ] as const
    );
    return {
      ...Object.fromEntries(people),
      ...this.#facts,
      ra_mst_courses: this.#courses,
      ra_mst_regions: this.#regions,
    };
  }

  #see(race: RaceFields, onCard: boolean): void {
    this.#seeCourse(race);
    const at = Date.parse(String(race.off_dt));
    for (const runner of race.runners) {
      const { horse_id, jockey_id, trainer_id, owner_id } = runner;
      const people = this.#people;
      see(
        people.ra_mst_horses,
        horse_id,
        at,
        onCard,
        onCard ? cardHorse(runner) : ranHorse(runner),
      );
      see(people.ra_mst_jockeys, jockey_id, at, onCard, { name: jockeyName(runner.jockey) });
      see(people.ra_mst_trainers, trainer_id, at, onCard, {
        name: text(runner.trainer),
        location: text(runner.trainer_location),
      });
      see(people.ra_mst_owners, owner_id, at, onCard, { name: text(runner.owner) });
      this.#seeAncestors(runner, onCard);
    }
  }

  #seeCourse({ course_id, course, region }: RaceFields): void {
    const id = text(course_id);
    if (id === null || this.#courses.has(id)) return;
    const region_code = text(region)?.toLowerCase() ?? null;
    this.#courses.set(id, { id, name: courseName(course), region_code, region: null });
  }

  #seeAncestors(runner: Fields, onCard: boolean): void {
    const ancestor = (kind: "sire" | "dam" | "damsire") => ({
      id: text(runner[`${kind}_id`]),
      name: bareName(runner[kind]),
      region: onCard ? text(runner[`${kind}_region`]) : countryIn(runner[kind]),
    });
    const [sire, dam, damsire] = [ancestor("sire"), ancestor("dam"), ancestor("damsire")];
    learn(this.#facts.ra_mst_sires, sire.id, sire);
    learn(this.#facts.ra_mst_dams, dam.id, dam);
    learn(this.#facts.ra_mst_damsires, damsire.id, damsire);
    learn(this.#facts.ra_horse_pedigree, text(runner.horse_id), {
      horse_id: text(runner.horse_id),
      ...{ sire_id: sire.id, sire: sire.name, sire_region: sire.region },
      ...{ dam_id: dam.id, dam: dam.name, dam_region: dam.region },
      ...{ damsire_id: damsire.id, damsire: damsire.name, damsire_region: damsire.region },
      breeder: text(runner.breeder),
    });
  }
}

type Row = Record<string, string | null>;

/** The newest facts about a person or horse from a card, and the newest from a result. */
interface Sighting {
  card?: { at: number; said: Row };
  result?: { at: number; said: Row };
  /** Facts that do not change once they are known. */
  readonly lasting: Row;
}

const LASTING = ["dob", "breeder"];

function see(
  sightings: Map<string, Sighting>,
  idField: unknown,
  at: number,
  onCard: boolean,
  said: Row,
): void {
  const id = text(idField);
  if (id === null) return;
  let sighting = sightings.get(id);
  if (sighting === undefined) sightings.set(id, sighting = { lasting: {} });
  const kind = onCard ? "card" : "result";
  for (const name of LASTING) if (said[name]) sighting.lasting[name] = said[name];
  if (at >= (sighting[kind]?.at ?? -Infinity)) sighting[kind] = { at, said };
}

/** Cards contain more than results, so the newest card counts, or a result if there is no card. */
function personRow(id: string, { card, result, lasting }: Sighting): Row {
  const newest = (card ?? result)!;
  return {
    ...result?.said,
    ...(card && known(card.said)),
    ...lasting,
    id,
    from_card: String(card !== undefined),
    as_of: instant(new Date(newest.at).toISOString()),
  };
}

function known(said: Row): Row {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
}

/** Adds unknown facts; known ones must not be contradicted. */
function learn(facts: Map<string, Row>, id: string | null, said: Row): void {
  if (id === null) return;
  const fact = facts.get(id);
  if (fact === undefined) {
    facts.set(id, said);
    return;
  }
  for (const [name, value] of Object.entries(said)) {
    if (value === null) continue;
    if ((fact[name] ?? value) !== value) {
      throw new Error(`The API contradicts itself about ${id}: ${name} ${fact[name]} and ${value}`);
    }
    fact[name] = value;
  }
}

function cardHorse(runner: Fields): Row {
  return {
    name: bareName(runner.horse),
    region: text(runner.region),
    sex: text(runner.sex),
    sex_code: text(runner.sex_code),
    colour: text(runner.colour),
    dob: text(runner.dob),
    breeder: text(runner.breeder),
  };
}

const SEXES: Record<string, string> = {
  C: "colt",
  F: "filly",
  G: "gelding",
  H: "horse",
  M: "mare",
  R: "rig",
};

function ranHorse(runner: Fields): Row {
  return {
    name: bareName(runner.horse),
    region: countryIn(runner.horse),
    sex_code: text(runner.sex),
    sex: SEXES[String(runner.sex)] ?? text(runner.sex),
  };
}

function byHorse(race: RaceFields | undefined): Map<string, Fields> {
  return new Map((race?.runners ?? []).map((runner) => [String(runner.horse_id), runner]));
}

/** The result's value takes precedence if it has one. */
function raceRow(card: RaceFields | undefined, result: RaceFields | undefined): Row {
  const both = (inResult: string, onCard = inResult) =>
    text(result?.[inResult]) ?? text(card?.[onCard]);
  const dist = text(result?.dist_f)?.replace(/f$/, "");
  return {
    id: both("race_id"),
    has_result: String(result !== undefined),
    date: both("date"),
    off_dt: instant(both("off_dt")),
    off_time: both("off", "off_time"),
    region: both("region"),
    course_id: both("course_id"),
    course: courseName(result?.course) ?? courseName(card?.course),
    race_name: both("race_name"),
    type: both("type"),
    race_class: both("class", "race_class"),
    pattern: both("pattern"),
    rating_band: both("rating_band"),
    age_band: both("age_band"),
    sex_restriction: both("sex_rest", "sex_restriction"),
    distance_round: both("dist", "distance_round"),
    distance_f: number(dist) ?? number(card?.distance_f),
    going: both("going"),
    surface: both("surface"),
    jumps: both("jumps"),
    distance: text(card?.distance) ?? text(result?.dist),
    ...cardOfRace(card),
    ...outcomeOfRace(result),
  };
}

const CARD_TEXTS =
  "going_detailed rail_movements stalls weather race_status tip verdict betting_forecast"
    .split(" ");

function cardOfRace(card: RaceFields | undefined): Row {
  if (card === undefined) return {};
  return {
    ...texts(card, CARD_TEXTS),
    card_going: text(card.going),
    prize: amount(card.prize),
    prize_currency: currency(card.prize),
    field_size: number(card.field_size),
    big_race: boolean(card.big_race),
    is_abandoned: boolean(card.is_abandoned),
  };
}

const RESULT_TEXTS =
  ("winning_time_detail comments non_runners tote_win tote_pl tote_ex tote_csf " +
    "tote_tricast tote_trifecta").split(" ");

function outcomeOfRace(result: RaceFields | undefined): Row {
  if (result === undefined) return {};
  return {
    ...texts(result, RESULT_TEXTS),
    distance_y: number(result.dist_y),
    distance_m: number(result.dist_m),
  };
}

/** Strings that cards and results have for a runner under the same name. */
const SHARED_TEXTS =
  ("headgear jockey_id trainer_id trainer owner_id owner sire_id dam_id damsire_id " +
    "silk_url").split(" ");

function runnerRow(raceId: string, card: Fields | undefined, result: Fields | undefined): Row {
  const both = (inResult: string, onCard = inResult) =>
    text(result?.[inResult]) ?? text(card?.[onCard]);
  const row: Row = {
    race_id: raceId,
    horse_id: both("horse_id"),
    has_result: String(result !== undefined),
    horse: bareName(result?.horse) ?? bareName(card?.horse),
    age: number(both("age")),
    sex_code: both("sex", "sex_code"),
    number: digits(result?.number) ?? digits(card?.number),
    number_text: both("number"),
    draw: stall(result?.draw) ?? stall(card?.draw),
    weight_lbs: number(both("weight_lbs", "lbs")),
    official_rating: number(both("or", "ofr")),
    jockey: jockeyName(result?.jockey) ?? jockeyName(card?.jockey),
    jockey_claim_lbs: number(result?.jockey_claim_lbs) ?? (card ? claim(card.jockey) : null),
  };
  for (const name of SHARED_TEXTS) row[name] = both(name);
  return Object.assign(row, cardOfRunner(card), outcomeOfRunner(result));
}

const CARD_RUNNER_TEXTS = "spotlight form last_run wind_surgery trainer_location".split(" ");
const CARD_RUNNER_NUMBERS = "headgear_run wind_surgery_run trainer_rtf".split(" ");
const CARD_RUNNER_LISTS =
  "past_results_flags trainer_14_days prev_trainers prev_owners quotes stable_tour medical odds"
    .split(" ");

function cardOfRunner(card: Fields | undefined): Row {
  if (card === undefined) return {};
  const row: Row = {
    ...texts(card, CARD_RUNNER_TEXTS),
    non_runner: String(card.number === "NR"),
    card_rpr: number(card.rpr),
    card_ts: number(card.ts),
    card_comment: text(card.comment),
    last_run_days: /^\d+/.exec(text(card.last_run) ?? "")?.[0] ?? null,
  };
  for (const name of CARD_RUNNER_NUMBERS) row[name] = number(card[name]);
  for (const name of CARD_RUNNER_LISTS) row[name] = jsonb(card[name]);
  return row;
}

const RESULT_RUNNER_TEXTS = "time sp weight comment".split(" ");
const RESULT_RUNNER_NUMBERS = "btn ovr_btn sp_dec bsp rpr tsr".split(" ");

function outcomeOfRunner(result: Fields | undefined): Row {
  if (result === undefined) return {};
  const row: Row = {
    ...texts(result, RESULT_RUNNER_TEXTS),
    position: digits(result.position),
    position_text: text(result.position),
    time_seconds: seconds(result.time),
    prize_won: amount(result.prize),
    prize_won_currency: currency(result.prize),
  };
  for (const name of RESULT_RUNNER_NUMBERS) row[name] = number(result[name]);
  return row;
}

function texts(fields: Fields, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, text(fields[name])]));
}

/** A string; null for each notation in which the API writes a missing value. */
function text(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const said = String(value).trim();
  return said === "" || said === "-" || said === "–" ? null : said;
}

function number(value: unknown): string | null {
  const said = text(value);
  if (said === null) return null;
  const parsed = Number(said);
  if (Number.isNaN(parsed)) throw new Error(`Expected a number: ${said}`);
  return String(parsed);
}

function digits(value: unknown): string | null {
  const said = text(value);
  return said !== null && /^\d+$/.test(said) ? String(Number(said)) : null;
}

function stall(value: unknown): string | null {
  return value === "0" ? null : number(value);
}

function amount(value: unknown): string | null {
  return number(text(value)?.replace(/[£€$,]/g, ""));
}

function currency(value: unknown): string | null {
  const symbol = text(value)?.[0] ?? "";
  return { "£": "GBP", "€": "EUR", "$": "USD" }[symbol] ?? null;
}

function boolean(value: unknown): string | null {
  return typeof value === "boolean" ? String(value) : null;
}

/** To the second, in UTC. */
function instant(value: string | null): string | null {
  return value === null ? null : `${new Date(value).toISOString().slice(0, 19)}Z`;
}

/** "2:19.97" is 139.97 seconds. */
function seconds(value: unknown): string | null {
  const said = text(value);
  if (said === null) return null;
  const [rest, minutes = "0"] = said.split(":").reverse();
  return String((Number(minutes) * 6000 + Math.round(Number(rest) * 100)) / 100);
}

/** "Veraison (IRE)" is a horse called Veraison. */
function bareName(value: unknown): string | null {
  return text(value)?.replace(/ \([A-Z]{2,3}\)$/, "") ?? null;
}

function countryIn(value: unknown): string | null {
  return / \(([A-Z]{2,3})\)$/.exec(text(value) ?? "")?.[1] ?? null;
}

/** "Ballinrobe (IRE)" is Ballinrobe, but "Kempton (AW)" is not the course Kempton. */
function courseName(value: unknown): string | null {
  return text(value)?.endsWith(" (AW)") ? text(value) : bareName(value);
}

/** "Joe Williamson(5)" is Joe Williamson; "NON-RUNNER(5)" is nobody. */
function jockeyName(value: unknown): string | null {
  const name = text(value)?.replace(/\s*\(\d+\)$/, "") ?? null;
  return name?.startsWith("NON-RUNNER") ? null : name;
}

function claim(value: unknown): string {
  return /\((\d+)\)$/.exec(text(value) ?? "")?.[1] ?? "0";
}

/** A value as PostgreSQL's jsonb writes it: shorter names first, blanks after colons and commas. */
export function jsonb(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return jsonbText(value);
}

function jsonbText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}: ${jsonbText(item)}`);
  return `{${entries.join(", ")}}`;
}
