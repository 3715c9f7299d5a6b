import { assertStringIncludes } from "@std/assert";
import { DatabaseError } from "../../../lib/upsert/write/database_error.ts";

Deno.test("DatabaseError.toFailure() suggests a role that row-level security does not restrict", () => {
  for (
    const message of [
      'new row violates row-level security policy for table "t"',
      'query would be affected by row-level security policy for table "t"',
    ]
  ) {
    const error = new DatabaseError(Object.assign(new Error(message), { code: "42501" }));
    assertStringIncludes(error.toFailure('write to table "t"').hint!, "BYPASSRLS");
  }
});
