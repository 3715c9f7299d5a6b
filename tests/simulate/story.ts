// Runs the story of one seed: a simulated cron starts a process each day, simulated users start others, some join, and
// some die; at the end the API has no more faults, and a last process catches up. It asserts nothing; proof.ts does.
import { setImmediate } from "node:timers/promises";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { FakeClock } from "../support/fake_clock.ts";
import type { SimulatedDatabase } from "./database.ts";
import { Heartbeats } from "./heartbeats.ts";
import { type Kind, live, type Rest } from "./lives.ts";
import { MortalProcess, type World } from "./mortal_process.ts";
import { Network } from "./network.ts";
import {
  DAY_MS,
  drawn,
  HOUR_MS,
  jobText,
  type Scenario,
  scenarioOf,
  START_MS,
} from "./scenario.ts";
import { API_URL, type Arrival, ScriptedApi } from "./scripted_api.ts";

/** One process of a story. */
export interface Life {
  readonly number: number;
  readonly kind: Kind;
  readonly startedMs: number;
  endedMs: number;
  /** How it ended: `killed`, an outcome, or the message of what ended it early. */
  end: string;
  /** When it was between two slices of an update. */
  readonly rests: Rest[];
}

/** What happened under a seed. */
export interface Story {
  readonly scenario: Scenario;
  readonly job: Job;
  readonly target: Target;
  readonly checkpoint: Checkpoint;
  readonly lives: readonly Life[];
  readonly log: readonly Arrival[];
  /** When connections were refused. */
  readonly refusedMs: readonly number[];
  /** From this instant on the API did not change. */
  readonly calmFromMs: number;
  readonly endedMs: number;
}

/** Turns of the event loop after which a process waits for time or for something that is held. */
const TURNS_TO_SETTLE = 20;
/** Attempts to catch up at the end. */
const LAST_ATTEMPTS = 3;
/** Most time from a start to a death, or to the start of another process beside it. */
const LONGEST_MS = 8 * HOUR_MS;

/** What a seed is played on. */
export interface Stage {
  readonly seed: number;
  readonly days: number;
  /** An empty database. */
  readonly database: SimulatedDatabase;
  /** Folder for files. */
  readonly folder: string;
}

/** Runs a seed and passes what happened to `prove`. */
export async function play(
  { seed, days, database, folder }: Stage,
  prove: (story: Story) => Promise<void>,
): Promise<void> {
  const scenario = scenarioOf(seed, days);
  const clock = new FakeClock(START_MS, settle);
  using _clock = clock.autoAdvance();
  const api = new ScriptedApi(scenario, clock);
  using _network = new Network(clock, api, scenario);
  const kvPath = scenario.hasKvFile ? `${folder}/checkpoints-${seed}` : ":memory:";
  using kv = await Deno.openKv(kvPath);
  const world = { clock, kv, heartbeats: new Heartbeats(), skewMs: scenario.skewMs };
  const job = await readJob("job.yaml", {
    readText: () => jobText(scenario, API_URL),
    env: () => "token",
  });
  const cast = new Cast(world, database, job, scenario);
  await playDays(scenario, clock, cast);
  api.calmFromMs = clock.now();
  for (let attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
    const { life, ended } = await cast.start("backfill", `last ${attempt}`);
    await ended;
    if (life.end === "done") break;
  }
  const reader = new MortalProcess(world, -1);
  const target = await database.connect(reader, world);
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const { log, calmFromMs, refusedMs } = api;
  const { lives } = cast;
  const endedMs = clock.now();
  await prove({ scenario, job, target, checkpoint, lives, log, refusedMs, calmFromMs, endedMs });
}

/** The processes of a story. */
class Cast {
  readonly lives: Life[] = [];
  readonly #world: World;
  readonly #database: SimulatedDatabase;
  readonly #job: Job;
  readonly #scenario: Scenario;

  constructor(world: World, database: SimulatedDatabase, job: Job, scenario: Scenario) {
    [this.#world, this.#database, this.#job, this.#scenario] = [world, database, job, scenario];
  }

  /** Starts a process, which may be killed `deathMs` later; `ended` resolves when it has ended. */
  async start(kind: Kind, cue: string, deathMs = Infinity) {
    const { clock } = this.#world;
    const number = this.lives.length;
    const life: Life = { number, kind, startedMs: clock.now(), endedMs: NaN, end: "", rests: [] };
    this.lives.push(life);
    const process = new MortalProcess(this.#world, number);
    this.#world.heartbeats.enter(process);
    await this.#roused();
    const end = (how: string) => {
      if (life.end === "") Object.assign(life, { end: how, endedMs: clock.now() });
    };
    const living = process.run(() => this.#live(process, life, cue)).then(end);
    const killing = async () => {
      await clock.sleep(deathMs);
      if (life.end !== "") return;
      await this.#roused();
      if (life.end !== "") return;
      process.kill();
      end("killed");
    };
    return { life, ended: deathMs === Infinity ? living : Promise.race([living, killing()]) };
  }

  /** Runs all heartbeats, and waits for their statements. */
  async #roused(): Promise<void> {
    this.#world.heartbeats.rouse();
    await this.#world.clock.sleep(1);
  }

  async #live(process: MortalProcess, life: Life, cue: string): Promise<string> {
    const { kind } = life;
    const onRest = (rest: Rest) => life.rests.push(rest);
    const [job, scenario] = [this.#job, this.#scenario];
    let draws = 0;
    const random = () => drawn(scenario.seed, cue, "jitter", draws++);
    const target = await this.#database.connect(process, this.#world);
    return await live({ process, kind, job, scenario, target, random, onRest });
  }
}

/** Starts a process at each tick of the daily cron, and sometimes others beside it. */
async function playDays(
  { seed, days, deathShare, companyShare }: Scenario,
  clock: FakeClock,
  cast: Cast,
): Promise<void> {
  const all: Promise<unknown>[] = [];
  for (let day = 0; day < days; day++) {
    await clock.sleep(START_MS + day * DAY_MS - clock.now());
    const draw = (...what: (string | number)[]) => drawn(seed, day, ...what);
    // From an instant to eight hours, most of them soon.
    const soonMs = (what: string) => LONGEST_MS * draw(what) ** 8;
    const start = async (kind: Kind) => {
      const deathMs = draw(kind, "dies") < deathShare ? soonMs(`life of ${kind}`) : Infinity;
      all.push((await cast.start(kind, `${day} ${kind}`, deathMs)).ended);
    };
    await start(day > 0 && draw("kind") < 0.5 ? "cron" : "backfill");
    for (const kind of ["backfill", "worker"] as const) {
      if (draw(kind, "comes") >= companyShare) continue;
      all.push(clock.sleep(soonMs(`${kind} comes`)).then(() => start(kind)));
    }
  }
  for (const each of all) await each;
}

/** Lets processes continue until they wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn++) await setImmediate();
}
