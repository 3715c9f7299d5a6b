// Watches the fields of responses during a run and records at its end how they changed. It never stops a run; what
// it cannot record is noticed by the next one.
import type { Job } from "../config/schema/job.ts";
import type { Unit } from "../plan/unit.ts";
import type { Mask } from "../report/text/mask.ts";
import { type FieldTarget, readFields, writeFields } from "../upsert/field_table.ts";
import { compareFields, type KnownField } from "./drift.ts";
import { FieldSample } from "./field_sample.ts";

/** The fields of the streams of one run. */
export class FieldWatch {
  readonly #job: Job;
  readonly #samples = new Map<string, FieldSample>();

  /** Watches the streams of a job. */
  constructor(job: Job) {
    this.#job = job;
  }

  /** Takes a sample of a page, or leaves it out. */
  note(unit: Unit, records: readonly unknown[]): void {
    const { stream } = unit;
    if (this.#job.streams[stream]!.values !== undefined) return;
    let sample = this.#samples.get(stream);
    if (sample === undefined) {
      this.#samples.set(stream, sample = new FieldSample(this.#job, stream));
    }
    sample.note(unit, records);
  }

  /**
   * Records what the samples showed; returns the fields whose change is new, by stream.
   *
   * @throws {Failure} of kind `target` if the database cannot be read or written.
   */
  async finish(
    target: FieldTarget,
    mask: Mask,
    atMs: number,
  ): Promise<{ stream: string; field: KnownField }[]> {
    const news: { stream: string; field: KnownField }[] = [];
    const known = await readFields(target, this.#job.job);
    const written = new Map<string, KnownField[]>();
    for (const [stream, sample] of this.#samples) {
      const sampled = sample.finish();
      if (sampled === undefined) continue;
      const at = new Date(atMs).toISOString();
      const { fields, changed } = compareFields(known.get(stream) ?? [], sampled, at);
      const masked = (field: KnownField) => ({ ...field, example: mask(field.example) });
      written.set(stream, fields.map(masked));
      news.push(...changed.map((field) => ({ stream, field: masked(field) })));
    }
    if (written.size > 0) await writeFields(target, this.#job.job, written);
    return news;
  }
}
