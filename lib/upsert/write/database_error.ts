// Owns the errors of a database: PostgreSQL's SQLSTATE and fields, what they mean for a write, and the
// failure that they become. It knows no connection settings, so it cannot leak a password.
import { Failure } from "../../failure.ts";

/** What an error means for a write. */
export type Consequence =
  /** The connection or the server is gone: retry on a new connection. */
  | "lost"
  /** Another session blocks the write: retry later. */
  | "contended"
  /** The values of a row are at fault: the other rows can be written. */
  | "data"
  /** A statement touched two rows whose keys only the database considers equal. */
  | "twice"
  /** Only the owner of the database can help. */
  | "final";

/** Not a code of system calls, such as EPIPE. */
const SQLSTATE = /^[0-9FHPX][0-9A-Z]{4}$/;

/** An error of the database, and where in a transaction it happened. */
export class DatabaseError extends Error {
  /** The name in a log. */
  override readonly name = "DatabaseError";
  /** SQLSTATE; empty if the connection failed. */
  readonly code: string;
  /** Index of the step that failed; undefined for the statements around the steps, such as the commit. */
  readonly step: number | undefined;
  /** PostgreSQL's context of the error, such as `COPY stage, line 3, column x`. */
  readonly where: string;
  /** The column at fault, if PostgreSQL names it. */
  readonly column: string | null;
  /** The table at fault, if PostgreSQL names it. */
  readonly table: string | undefined;
  /** The violated constraint, if PostgreSQL names it. */
  readonly constraint: string | undefined;
  /** PostgreSQL's hint. */
  readonly advice: string | undefined;
  /** Whether Deno's permissions did not allow the connection. */
  readonly #denied: boolean;

  /** Wraps what a driver threw. */
  constructor(thrown: unknown, step?: number) {
    const first = firstOf(thrown);
    const fields = (typeof first === "object" && first !== null ? first : {}) as Fields;
    super(messageOf(first, fields), { cause: thrown });
    this.code = SQLSTATE.test(fields.code ?? "") ? fields.code! : "";
    this.step = step;
    this.where = fields.where ?? "";
    this.table = fields.table;
    this.constraint = fields.constraint;
    this.column = fields.column ?? /, column "?([^":]+)"?/.exec(this.where)?.[1] ?? null;
    this.#denied = first instanceof Error && first.name === "NotCapable";
    this.advice = this.#denied
      ? "Start it with deno task, which grants what it needs"
      : fields.hint;
  }

  /** What the error means for a write. */
  get consequence(): Consequence {
    const isGeneral = this.code === "" || this.code.startsWith("08");
    if (this.#denied || isGeneral && NEVER_PASSES.test(this.message)) return "final";
    const consequence = consequenceOf(this.code);
    const isRaised = consequence === "final" && /PL\/pgSQL function/.test(this.where);
    return isRaised && !FAULTS_IN_TRIGGERS.test(this.code) ? "data" : consequence;
  }

  /** Whether a retry may succeed. */
  get passes(): boolean {
    return this.consequence === "lost" || this.consequence === "contended";
  }

  /** Index of the row that a `COPY` failed on, if PostgreSQL names it. */
  get row(): number | undefined {
    const line = /^COPY .*, line (\d+)/.exec(this.where)?.[1];
    return line === undefined ? undefined : Number(line) - 1;
  }

  /** The failure that stops a run; `what` is the operation that failed, such as `write to table "x"`. */
  toFailure(what: string): Failure {
    const code = this.code === "" ? "" : ` (${this.code})`;
    return new Failure("target", `Cannot ${what}: ${this.message}${code}`, {
      hint: (this.#denied ? this.advice : undefined) ?? hintFor(this.code, this.message) ??
        this.advice ?? HINTS[""]!,
      cause: this,
    });
  }
}

interface Fields {
  code?: string;
  where?: string;
  column?: string;
  table?: string;
  constraint?: string;
  detail?: string;
  hint?: string;
}

/** If a host has several addresses, the error of the first one is enough. */
function firstOf(thrown: unknown): unknown {
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors[0] : thrown;
}

function messageOf(thrown: unknown, { detail }: Fields): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const whole = detail === undefined ? message : `${message}; ${detail}`;
  return whole.replace(/\.$/, "").slice(0, 1000);
}

const CONSEQUENCES: Record<string, Consequence> = {
  "": "lost",
  "08": "lost",
  "53300": "lost", // too many connections
  "57P01": "lost", // the server is shutting down
  "57P02": "lost", // another backend crashed
  "57P03": "lost", // the server is starting up
  "57P05": "lost", // idle session timeout
  "25P03": "lost", // idle-in-transaction timeout
  "25006": "lost", // a standby responded, as during a failover
  "40": "contended", // deadlock, serialization failure
  "55P03": "contended", // lock timeout
  "57014": "contended", // canceled
  "P0": "data", // a trigger raised an exception
  "22": "data",
  "23": "data",
  "54000": "data", // an index entry too large
  "21000": "twice",
};

function consequenceOf(code: string): Consequence {
  return CONSEQUENCES[code] ?? CONSEQUENCES[code.slice(0, 2)] ?? "final";
}

/** Errors without a SQLSTATE, or with a general one, that no retry can fix. */
const NEVER_PASSES = new RegExp(
  [
    "certificate",
    "does not support SSL",
    "unsupported startup parameter",
    "no such database",
    "no such user",
    "not allowed in statement pooling mode",
    "password in clear text",
  ].join("|"),
  "i",
);

/** Codes that a trigger's statement can raise although no row is the cause: resources, rights, missing objects. */
const FAULTS_IN_TRIGGERS = /^(42|53|54|55|57|58|XX)/;

/** The hint for an error whose message is more specific than its code. */
function hintFor(code: string, message: string): string | undefined {
  const special = SPECIAL_HINTS.find(([pattern]) => pattern.test(message));
  return special?.[1] ?? HINTS[code] ?? HINTS[code.slice(0, 2)];
}

const SPECIAL_HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /certificate/i,
    "Name the certificate authority of the server in DATABASE_URL: ?sslmode=verify-full&sslrootcert=FILE",
  ],
  [/does not support SSL/i, "Turn TLS on in the server, or use ?sslmode=disable in DATABASE_URL"],
  [/no encryption|SSL off|password in clear text/i, "Add ?sslmode=require to DATABASE_URL"],
  [
    /must be owner/i,
    "Run it once as the owner of the table, or let the owner run what --dry-run shows",
  ],
  [
    /denied for (table|relation|view|sequence)/i,
    "Grant the user SELECT, INSERT and UPDATE on that table, or use the table's owner",
  ],
  [/denied for schema/i, "Grant the user USAGE and CREATE on the schema, or name another schema"],
  [
    /row-level security/i,
    "Use a role that the policies do not restrict, such as one with BYPASSRLS or the table's owner",
  ],
  [/denied .*temporary tables/i, "Grant the user TEMPORARY on the database"],
  [
    /unsupported startup parameter/i,
    "Add the parameter to ignore_startup_parameters of the connection pooler",
  ],
  [/statement pooling mode/i, "Use the transaction mode of the connection pooler"],
  [
    /connections for (role|database)/i,
    "Raise the limit, as in ALTER ROLE name CONNECTION LIMIT 5: a run uses up to 3 connections",
  ],
  [/no such database/i, "Create the database, or check its name in DATABASE_URL"],
  [/no such user/i, "Check user and password in DATABASE_URL"],
  [
    /statement timeout/i,
    "Make the query faster, for example with an index on the columns that it filters by",
  ],
];

const HINTS: Record<string, string> = {
  "": "Check that the server runs and can be reached, then run again with --resume",
  "08": "Check that the server runs and can be reached, then run again with --resume",
  "08P01":
    "Check that host and port lead to PostgreSQL or to a connection pooler in transaction mode",
  "25006": "DATABASE_URL leads to a read-only server; use the primary",
  "28": "Check user and password in DATABASE_URL",
  "34000": "Use the transaction mode of the connection pooler: a cursor lives for one transaction",
  "3D": "Create the database, or check its name in DATABASE_URL",
  "3F": "Create the schema, or name one that exists: ?schema=NAME in DATABASE_URL",
  "42501":
    "Grant the user CREATE and TEMPORARY on the database and its schema, or use the tables' owner",
  "42P01": "Run again with --resume; a run creates missing tables when it starts",
  "53100": "Free disk space on the database server, then run again with --resume",
  "53300": "Raise max_connections of the server, or stop other clients",
  "55P03": "Find the session that holds the lock in pg_stat_activity, then run again with --resume",
  "57": "Wait until the server is up, then run again with --resume",
};
