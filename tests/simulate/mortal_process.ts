// A simulated process: the clock and the checkpoint through which it reaches the world, and its death. When it is
// killed, what it started outside completes, and nothing returns to it: its promises stay pending, as the memory of a
// dead process does. Invariant: a dead process changes nothing.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../lib/fetch/rate/clock.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import type { Heartbeats } from "./heartbeats.ts";

/** The world outside of processes. */
export interface World {
  readonly clock: FakeClock;
  readonly kv: Deno.Kv;
  readonly heartbeats: Heartbeats;
  /** How far the database's clock is ahead of the processes' clocks, in milliseconds. */
  readonly skewMs: number;
}

const running = new AsyncLocalStorage<MortalProcess>();

/** A process that can be killed. */
export class MortalProcess {
  /** Its place among the processes of the story. */
  readonly number: number;
  /** Its clock. */
  readonly clock: Clock;
  /** Its checkpoint. */
  readonly kv: Deno.Kv;
  readonly #world: World;
  /** Aborts requests and sleepers of a dead process; nothing that it runs sees the signal. */
  readonly #death = new AbortController();

  /** Creates a process that does nothing yet. */
  constructor(world: World, number: number) {
    this.#world = world;
    this.number = number;
    this.clock = {
      now: world.clock.now,
      sleep: (ms, signal) => this.outside(() => this.#sleep(ms, this.mortal(signal)), false),
    };
    this.kv = this.guarded(world.kv);
  }

  /** The process whose code runs now. */
  static get current(): MortalProcess | undefined {
    return running.getStore();
  }

  /** Runs its program. */
  run<T>(program: () => Promise<T>): Promise<T> {
    this.#world.heartbeats.enter(this);
    return running.run(this, program).finally(() => this.#world.heartbeats.leave(this));
  }

  /** Whether it has been killed. */
  get isDead(): boolean {
    return this.#death.signal.aborted;
  }

  /** Kills it. */
  kill(): void {
    this.#death.abort(new Error("killed"));
    this.#world.heartbeats.leave(this);
  }

  /** A signal that also aborts when the process dies, for what is outside of it. */
  mortal(signal: AbortSignal | null | undefined): AbortSignal {
    return signal == null ? this.#death.signal : AbortSignal.any([signal, this.#death.signal]);
  }

  /** Resolves as `begin` does, or never where the process dies; time stands still meanwhile if `isHeld`. */
  async outside<T>(begin: () => Promise<T>, isHeld = true): Promise<T> {
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

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, heartbeats } = this.#world;
    return heartbeats.sleep(ms, signal) ?? clock.sleep(ms, signal);
  }

  /** A checkpoint that does nothing once the process is dead; time stands still while it is used. */
  guarded(kv: Deno.Kv): Deno.Kv {
    return new Proxy(kv, {
      get: (_, name) => {
        const value = Reflect.get(kv, name, kv);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const call = () => value.apply(kv, args);
          if (name === "atomic") return this.#atomic(call());
          if (name === "list") return this.#items(call());
          return this.outside(async () => await call());
        };
      },
    });
  }

  #atomic(operation: Deno.AtomicOperation): Deno.AtomicOperation {
    const commit = operation.commit.bind(operation);
    operation.commit = () => this.outside(commit);
    return operation;
  }

  async *#items<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.outside(() => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  }
}
