// The types of a parsed job are written out in lib/config/job, so that programs that use the library need no types of
// zod. This file does not compile where they differ from what the schema makes.
import { assert } from "@std/assert";
import type { z } from "zod";
import type { ArchiveSpec } from "../../../lib/config/job/archive.ts";
import type { CursorPaging, NextLinkPaging, OffsetPaging } from "../../../lib/config/job/paging.ts";
import type { LinkHeaderPaging, PagePaging, Paging } from "../../../lib/config/job/paging.ts";
import type { Check, Param, ParsedJob } from "../../../lib/config/job/parsed_job.ts";
import type { RowsSpec, ValueSpec } from "../../../lib/config/job/rows.ts";
import type { Auth } from "../../../lib/config/job/auth.ts";
import type { Notify, Source } from "../../../lib/config/job/source.ts";
import type {
  ErrorCondition,
  ExportSpec,
  RecordsSpec,
  RequestSpec,
} from "../../../lib/config/job/stream.ts";
import type { Stream } from "../../../lib/config/job/stream.ts";
import type { Column, Table } from "../../../lib/config/job/table.ts";
import { jobSchema } from "../../../lib/config/schema/job_schema.ts";

type Made = z.output<typeof jobSchema>;
type MadeStream = Made["streams"][string];
type MadeRows = MadeStream["rows"][number];
type MadePaging<By> = Extract<MadeStream["paging"], { by: By }>;

/** Whether two types can stand for each other and have the same keys, optional ones included. */
type Same<A, B> = [A, B] extends [B, A] ? [keyof A, keyof B] extends [keyof B, keyof A] ? true
  : ["these keys differ", Exclude<keyof A, keyof B>, Exclude<keyof B, keyof A>]
  : ["these types differ", A, B];
type Given<T> = NonNullable<T>;

const SAME: readonly true[] = [
  true satisfies Same<Made, ParsedJob>,
  true satisfies Same<Given<Made["archive"]>, ArchiveSpec>,
  true satisfies Same<Made["source"], Source>,
  true satisfies Same<Made["source"]["retry"], Source["retry"]>,
  true satisfies Same<Given<Made["source"]["auth"]>, Auth>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["basic"]>, Given<Auth["basic"]>>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["oauth2"]>, Given<Auth["oauth2"]>>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["digest"]>, Given<Auth["digest"]>>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["jwt"]>, Given<Auth["jwt"]>>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["login"]>, Given<Auth["login"]>>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["aws"]>, Given<Auth["aws"]>>,
  true satisfies Same<Given<Given<Made["source"]["auth"]>["hmac"]>, Given<Auth["hmac"]>>,
  true satisfies Same<Given<Made["notify"]>, Notify>,
  true satisfies Same<Made["params"][string], Param>,
  true satisfies Same<Made["checks"][string], Check>,
  true satisfies Same<Made["tables"][string], Table>,
  true satisfies Same<Made["tables"][string]["columns"][string], Column>,
  true satisfies Same<MadeStream, Stream>,
  true satisfies Same<Given<MadeStream["request"]>, RequestSpec>,
  true satisfies Same<Given<MadeStream["export"]>, ExportSpec>,
  true satisfies Same<MadeStream["records"], RecordsSpec>,
  true satisfies Same<Given<MadeStream["error"]>[number], ErrorCondition>,
  true satisfies Same<Given<MadeStream["record_date"]>, Given<Stream["record_date"]>>,
  true satisfies Same<Given<MadeStream["forecast"]>, Given<Stream["forecast"]>>,
  true satisfies Same<MadeStream["paging"], Paging>,
  true satisfies Same<MadePaging<"offset">, OffsetPaging>,
  true satisfies Same<MadePaging<"page">, PagePaging>,
  true satisfies Same<MadePaging<"cursor">, CursorPaging>,
  true satisfies Same<MadePaging<"next_link">, NextLinkPaging>,
  true satisfies Same<MadePaging<"link_header">, LinkHeaderPaging>,
  true satisfies Same<MadeRows, RowsSpec>,
  true satisfies Same<Given<MadeRows["columns"]>[string], ValueSpec>,
  true satisfies Same<Given<Given<MadeRows["columns"]>[string]["plus"]>, Given<ValueSpec["plus"]>>,
];

Deno.test("the types of a parsed job are those that the schema produces", () => {
  assert(SAME.every((same) => same));
});
