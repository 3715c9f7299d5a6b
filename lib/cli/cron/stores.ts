// Opens the target and the KV store of a daily update while something uses them, and closes them afterwards: an isolate
// of Deno Deploy may be idle for hours. It decides nothing about updates.
import { catchUp } from "../../checkpoint/catch_up.ts";
import { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { openKv } from "../../checkpoint/open_kv.ts";
import type { Job } from "../../config/schema/job.ts";
import { type CronState, CronStateStore, type TickReport } from "../../cron/state.ts";
import { Failure } from "../../failure.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { parsePostgresUrl } from "../../upsert/postgres/url.ts";
import type { Target } from "../../upsert/write/target.ts";
import { onWait } from "../open_job.ts";
import type { Settings } from "../settings.ts";
import { SharedResource } from "../shared_resource.ts";

/** The stores of one job's daily update. */
export class CronStores {
  readonly #job: Job;
  readonly #databaseUrl: string;
  readonly #target: SharedResource<Target>;
  readonly #kv: SharedResource<Deno.Kv & AsyncDisposable>;

  /** Opens nothing yet; `signal` ends every wait for the target. */
  constructor(job: Job, { databaseUrl, kvPath }: Settings, signal: AbortSignal) {
    this.#job = job;
    this.#databaseUrl = databaseUrl;
    this.#target = new SharedResource(() => openTarget(databaseUrl, { signal, onWait }));
    this.#kv = new SharedResource(async () => {
      const kv = await openKv(kvPath);
      const close = () => Promise.resolve(kv.close());
      return Object.assign(kv, { [Symbol.asyncDispose]: close });
    });
  }

  /** Runs an action on both stores. */
  use<R>(action: (target: Target, kv: Deno.Kv) => Promise<R>): Promise<R> {
    return this.#target.use((target) => this.#kv.use((kv) => action(target, kv)));
  }

  /** The checkpoint, up to date with the target; what is new in the target is not written to KV. */
  async readCheckpoint(target: Target, kv: Deno.Kv): Promise<Checkpoint> {
    const { job } = this.#job;
    const checkpoint = new Checkpoint(kv, target.id, job);
    await catchUp({ job, checkpoint, target }, { isStored: false });
    return checkpoint;
  }

  /** The state of the update; read from KV alone, without the target. */
  readState(): Promise<CronState> {
    return this.#kv.use((kv) => this.state(kv).load());
  }

  /** Where the state of the update is kept between slices. */
  state(kv: Deno.Kv): CronStateStore {
    return new CronStateStore(kv, this.#job.job, labelOf(this.#databaseUrl));
  }

  /** Saves the report of an update that failed if it can be saved: KV itself may be what failed. */
  async remember(last: TickReport): Promise<void> {
    try {
      await this.#kv.use(async (kv) => {
        const state = this.state(kv);
        await state.save({ ...await state.load(), last });
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}

function labelOf(databaseUrl: string): string {
  return databaseUrl.startsWith("pglite:") ? databaseUrl : parsePostgresUrl(databaseUrl).label;
}
