// The clock, database and checkpoint through which a simulated process reaches the world. When it is killed,
// everything that it started outside may or may not complete, and nothing returns to it: its promises stay
// pending, as the memory of a dead process does. Invariant: a dead process changes nothing any more.
import type { Clock } from "../../lib/fetch/rate/clock.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import type { FakeClock } from "../support/fake_clock.ts";

/** The world outside of processes. */
export interface World {
  readonly clock: FakeClock;
  readonly target: Target;
  readonly kv: Deno.Kv;
  /** How far the database's clock is ahead of the process's, in milliseconds. */
  readonly skewMs: number;
}

/** A process that can be killed. */
export class MortalProcess {
  /** Its clock. */
  readonly clock: Clock;
  /** Its connection to the database. */
  readonly target: Target;
  /** Its checkpoint. */
  readonly kv: Deno.Kv;
  /** Aborts sockets and sleepers of a dead process; nothing that it runs sees the signal. */
  readonly #death = new AbortController();
  readonly #world: World;
  readonly #locks = new Set<AsyncDisposable>();

  /** Starts it. */
  constructor(world: World) {
    this.#world = world;
    this.clock = {
      now: world.clock.now,
      sleep: (ms, signal) =>
        this.#outside(() => world.clock.sleep(ms, this.#mortal(signal)), false),
    };
    this.target = this.#guarded(world.target, {
      query: (sql: string, options) =>
        world.target.query(sql.replaceAll("clock_timestamp()", this.#sqlNow()), options),
      lock: (job, holder) => this.#lock(job, holder),
    });
    this.kv = this.#guarded(world.kv, { atomic: () => this.#atomic() });
  }

  /** Aborts when it is killed; for what is outside of it. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  /** Whether it has been killed. */
  get isDead(): boolean {
    return this.#death.signal.aborted;
  }

  /** Kills it; the operating system releases its locks. */
  async kill(): Promise<void> {
    this.#death.abort(new Error("killed"));
    for (const lock of this.#locks) await lock[Symbol.asyncDispose]();
  }

  /** Resolves as `begin` does, or never where the process dies; time stands still meanwhile if `isHeld`. */
  async #outside<T>(begin: () => Promise<T>, isHeld = true): Promise<T> {
    const never = () => new Promise<T>(() => {});
    if (this.isDead) return await never();
    try {
      const result = await (isHeld ? this.#world.clock.hold(begin()) : begin());
      return this.isDead ? await never() : result;
    } catch (error) {
      if (this.isDead) return await never();
      throw error;
    }
  }

  #mortal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined
      ? this.#death.signal
      : AbortSignal.any([signal, this.#death.signal]);
  }

  #sqlNow(): string {
    const { clock, skewMs } = this.#world;
    return `to_timestamp(${clock.now() + skewMs}::double precision / 1000)`;
  }

  async #lock(...[job, holder]: Parameters<Target["lock"]>): Promise<AsyncDisposable> {
    const lock = await this.#world.target.lock(job, holder);
    this.#locks.add(lock);
    return {
      [Symbol.asyncDispose]: async () => {
        this.#locks.delete(lock);
        await lock[Symbol.asyncDispose]();
      },
    };
  }

  #atomic(): Deno.AtomicOperation {
    const operation = this.#world.kv.atomic();
    const commit = operation.commit.bind(operation);
    operation.commit = () => this.#outside(commit);
    return operation;
  }

  /** An object whose methods do nothing once the process is dead; some methods are replaced. */
  #guarded<T extends object>(object: T, replaced: Partial<T>): T {
    return new Proxy(object, {
      get: (_, name) => {
        const value = Reflect.get(replaced, name) ?? Reflect.get(object, name, object);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const call = () => value.apply(object, args);
          if (name === "atomic") return call();
          if (["stream", "readLedger", "list"].includes(String(name))) return this.#items(call());
          return this.#outside(async () => await call());
        };
      },
    });
  }

  async *#items<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#outside(() => iterator.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
}
