import { assert, assertEquals } from "@std/assert";
import { Backlog } from "../../lib/fetch/backlog.ts";

const never = new AbortController().signal;

Deno.test("Backlog is full at its limit, and releases all waiters when it no longer is", async () => {
  const backlog = new Backlog(10);
  const first = backlog.add(6);
  assert(!backlog.isFull);
  await backlog.waitForRoom(never);
  const second = backlog.add(4);
  assert(backlog.isFull);
  const entered: number[] = [];
  const waiting = [1, 2].map((who) => backlog.waitForRoom(never).then(() => entered.push(who)));
  await Promise.resolve();
  assertEquals(entered, []);
  second[Symbol.dispose]();
  await Promise.all(waiting);
  assertEquals(entered, [1, 2]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  backlog.add(9);
  assert(!backlog.isFull);
});

Deno.test("Backlog.waitForRoom() stops waiting when the signal aborts", async () => {
  const backlog = new Backlog(1);
  backlog.add(1);
  const stop = new AbortController();
  const waiting = backlog.waitForRoom(stop.signal);
  stop.abort();
  await waiting;
  assert(backlog.isFull);
});

Deno.test("Backlog.waitForRoom() leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listening.add(args[1]);
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listening.delete(args[1]);
    remove.apply(signal, args);
  };
  const backlog = new Backlog(1);
  const counted = backlog.add(1);
  const waiting = backlog.waitForRoom(signal);
  assertEquals(listening.size, 1);
  counted[Symbol.dispose]();
  await waiting;
  assertEquals(listening.size, 0);
});
