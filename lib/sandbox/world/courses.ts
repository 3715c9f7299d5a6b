/**
 * The courses and regions the sandbox races at. Names and countries are facts; the ids have the published
 * form, and where a recording shows a course's id it is the same one.
 *
 * @module
 */

/** The kinds of racing at a course: `flat` and `jump` on turf, `aw` on an artificial surface. */
export type Track = "flat" | "jump" | "aw";

/** The sandbox's own division of the racing world: two home regions and the rest. */
export type Home = "GB" | "IRE" | "ROW";

/** A racecourse. */
export interface Course {
  /** Such as `crs_624`. */
  readonly id: string;
  /** Such as `Hereford`; all-weather tracks carry `(AW)`. */
  readonly name: string;
  /** Upper case, as races state it: `GB`, `IRE`, `FR`. */
  readonly region: string;
  /** The kinds of racing there. */
  readonly tracks: readonly Track[];
}

/** Country names by upper-case region code. */
export const regions: ReadonlyMap<string, string> = new Map([
  ["ARG", "Argentina"],
  ["AUS", "Australia"],
  ["BHR", "Bahrain"],
  ["CAN", "Canada"],
  ["FR", "France"],
  ["GB", "Great Britain"],
  ["GER", "Germany"],
  ["HK", "Hong Kong"],
  ["IRE", "Ireland"],
  ["ITY", "Italy"],
  ["JPN", "Japan"],
  ["KSA", "Saudi Arabia"],
  ["NZ", "New Zealand"],
  ["QA", "Qatar"],
  ["SAF", "South Africa"],
  ["SPA", "Spain"],
  ["SWE", "Sweden"],
  ["SWI", "Switzerland"],
  ["UAE", "United Arab Emirates"],
  ["USA", "United States"],
]);

/** Number (an id is 26 times it), name, tracks: f flat, j jump, a all-weather. */
const listed: Readonly<Record<string, string>> = {
  GB: `
    2 Ascot fj, 3 Ayr fj, 4 Bangor-on-Dee j, 5 Bath f, 6 Beverley f, 7 Brighton f, 8 Carlisle fj, 9 Cartmel j, 10 Catterick fj,
    11 Cheltenham j, 12 Chepstow fj, 13 Chester f, 14 Exeter j, 15 Doncaster fj, 16 Musselburgh fj, 17 Epsom f, 18 Fakenham j,
    19 Folkestone fj, 20 Fontwell j, 21 Goodwood f, 22 Hamilton f, 23 Haydock fj, 24 Hereford j, 25 Hexham j, 26 Huntingdon j,
    27 Kelso j, 28 Kempton j, 30 Leicester fj, 31 Lingfield fj, 32 Aintree j, 33 Ludlow j, 34 Market Rasen j, 36 Newbury fj,
    37 Newcastle j, 38 Newmarket f, 39 Newton Abbot j, 40 Nottingham f, 41 Perth j, 44 Plumpton j, 46 Pontefract f, 47 Redcar f,
    49 Ripon f, 52 Salisbury f, 54 Sandown fj, 57 Sedgefield j, 61 Southwell j, 67 Stratford j, 73 Taunton j, 80 Thirsk f,
    83 Towcester j, 84 Uttoxeter j, 85 Warwick j, 87 Wetherby fj, 90 Wincanton j, 93 Windsor fj, 101 Worcester j, 104 Yarmouth f,
    107 York f, 174 Newmarket (July) f, 393 Lingfield (AW) a, 394 Southwell (AW) a, 513 Wolverhampton (AW) a,
    1079 Kempton (AW) a, 1083 Chelmsford (AW) a, 1353 Newcastle (AW) a`,
  IRE: `
    175 Ballinrobe fj, 176 Bellewstown fj, 177 Clonmel j, 178 Curragh f, 179 Down Royal fj, 180 Downpatrick j, 181 Fairyhouse fj,
    182 Galway fj, 183 Gowran Park fj, 184 Kilbeggan j, 185 Killarney fj, 186 Laytown f, 187 Leopardstown fj, 188 Limerick fj,
    189 Listowel fj, 190 Naas fj, 191 Navan fj, 192 Punchestown j, 193 Roscommon fj, 194 Sligo fj, 195 Thurles j, 196 Tipperary fj,
    197 Tramore fj, 198 Wexford j, 596 Cork fj, 1138 Dundalk (AW) a`,
  FR: `
    204 Chantilly f, 205 Compiègne fj, 206 Deauville f, 211 Longchamp f, 212 Maisons-Laffitte f, 214 Saint-Cloud f, 209 Auteuil j,
    215 Toulouse fj, 229 Cagnes-sur-Mer fj, 231 Fontainebleau f, 238 Vichy f, 240 Argentan f, 207 Évry f`,
  GER: "217 Baden-Baden f, 218 Köln f, 219 Düsseldorf f, 220 München f, 222 Mülheim f",
  UAE: "1231 Meydan fa, 249 Jebel Ali a, 250 Abu Dhabi f",
  USA: "257 Santa Anita f, 259 Churchill Downs a, 263 Saratoga f, 284 Keeneland a",
  HK: "364 Sha Tin f, 367 Happy Valley f",
  AUS: "318 Flemington f, 325 Randwick f",
  JPN: "390 Tokyo f, 392 Nakayama f",
  SAF: "341 Kenilworth f, 345 Turffontein f",
  SWE: "500 Bro Park f",
  ITY: "232 San Siro f, 233 Capannelle f",
};

const tracks: Readonly<Record<string, Track>> = { f: "flat", j: "jump", a: "aw" };

/** Every course, by region and then by name. */
export const courses: readonly Course[] = Object.entries(listed).flatMap(([region, text]) =>
  text.split(",").map((entry) => courseOf(region, entry.trim())).sort(byName)
);

/** The sandbox's division a region belongs to. */
function homeOf(region: string): Home {
  return region === "GB" || region === "IRE" ? region : "ROW";
}

/** The courses of a division where a track is run. */
export function coursesWith(home: Home, track: Track): readonly Course[] {
  return byHomeAndTrack.get(`${home} ${track}`) ?? [];
}

const byHomeAndTrack = Map.groupBy(
  courses.flatMap((course) => course.tracks.map((track) => ({ course, track }))),
  ({ course, track }) => `${homeOf(course.region)} ${track}`,
).entries().reduce(
  (map, [key, list]) => map.set(key, list.map(({ course }) => course)),
  new Map<string, Course[]>(),
);

function courseOf(region: string, entry: string): Course {
  const [, number, name, letters] = /^(\d+) (.+) ([fja]+)$/.exec(entry)!;
  return {
    id: `crs_${Number(number) * 26}`,
    name: name!,
    region,
    tracks: letters!.split("").map((letter) => tracks[letter]!),
  };
}

function byName(a: Course, b: Course): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
