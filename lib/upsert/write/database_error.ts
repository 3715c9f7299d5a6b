// Owns the errors of a database: what PostgreSQL says (its SQLSTATE and fields), what it means for a
// write, and how people are told. It holds no connection settings, so it cannot leak a password.
import { Failure } from "../../failure.ts";

/** What an error means for a write. */
export type Consequence =
  /** The connection or the server is gone: the same again on a new connection. */
  | "lost"
  /** Another session is in the strategy: the same again after a while. */
  | "contended"
  /** A row's values are at fault: the others can be written. */
  | "data"
  /** A statement touched two rows with one key that only the database takes for equal. */
  | "twice"
  /** Nothing helps but the owner of the database. */
  | "final";

/** Unlike the codes of system calls, such as EPIPE. */
const SQLSTATE = /^[0-9FHPX][0-9A-Z]{4}$/;

/** An error of the database, and where in a transaction it happened. */
export class DatabaseError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "DatabaseError";
  /** SQLSTATE; empty where the connection failed. */
  readonly code: string;
  /** Index of the step that failed; undefined for what surrounds the steps, such as the commit. */
  readonly step: number | undefined;
  /** Where inside the statement, as PostgreSQL words it, such as `COPY stage, line 3, column x`. */
  readonly where: string;
  /** The column at fault, where PostgreSQL says one. */
  readonly column: string | null;
  /** PostgreSQL's hint. */
  readonly advice: string | undefined;
  /** Whether it was Deno that did not let the connection be. */
  readonly #denied: boolean;

  /** Wraps what a driver threw. */
  constructor(thrown: unknown, step?: number) {
    const first = firstOf(thrown);
    const fields = (typeof first === "object" && first !== null ? first : {}) as Fields;
    super(messageOf(first, fields), { cause: thrown });
    this.code = SQLSTATE.test(fields.code ?? "") ? fields.code! : "";
    this.step = step;
    this.where = fields.where ?? "";
    this.column = fields.column ?? /, column "?([^":]+)"?/.exec(this.where)?.[1] ?? null;
    this.#denied = first instanceof Error && first.name === "NotCapable";
    this.advice = this.#denied ? "Run it as a task: deno task grants what it needs" : fields.hint;
  }

  /** What the error means for a write. */
  get consequence(): Consequence {
    return this.#denied ? "final" : consequenceOf(this.code);
  }

  /** Whether the same may succeed after a while. */
  get passes(): boolean {
    return this.consequence === "lost" || this.consequence === "contended";
  }

  /** Index of the row that a `COPY` stumbled over, where PostgreSQL says it. */
  get row(): number | undefined {
    const line = /^COPY .*, line (\d+)/.exec(this.where)?.[1];
    return line === undefined ? undefined : Number(line) - 1;
  }

  /** The failure that stops a run; `what` is the thing that could not be done, such as `write to table "x"`. */
  toFailure(what: string): Failure {
    const code = this.code === "" ? "" : ` (${this.code})`;
    return new Failure("target", `Cannot ${what}: ${this.message}${code}`, {
      hint: (this.#denied ? this.advice : undefined) ?? HINTS[this.code] ??
        HINTS[this.code.slice(0, 2)] ?? this.advice ?? HINTS[""]!,
      cause: this,
    });
  }
}

interface Fields {
  code?: string;
  where?: string;
  column?: string;
  detail?: string;
  hint?: string;
}

/** Where a host has several addresses, the error of the first tells as much as all of them. */
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
  "25006": "lost", // a standby answers, as during a failover
  "40": "contended", // deadlock, serialization failure
  "55P03": "contended", // lock timeout
  "57014": "contended", // canceled
  "22": "data",
  "23": "data",
  "54000": "data", // an index entry too large
  "21000": "twice",
};

function consequenceOf(code: string): Consequence {
  return CONSEQUENCES[code] ?? CONSEQUENCES[code.slice(0, 2)] ?? "final";
}

const HINTS: Record<string, string> = {
  "": "Check that the server runs and can be reached, then run again with --resume",
  "08": "Check that the server runs and can be reached, then run again with --resume",
  "25006": "DATABASE_URL leads to a read-only server; use the primary",
  "28": "Check user and password in DATABASE_URL",
  "3D": "Create the database, or check its name in DATABASE_URL",
  "42501":
    "Grant the user CREATE and TEMPORARY on the database and its schema, or use the tables' owner",
  "42P01": "Run again with --resume; missing tables are made at the start of a run",
  "53100": "Free disk space on the database server, then run again with --resume",
  "53300": "Raise max_connections of the server, or stop other clients",
  "55P03": "Find the session that holds the lock in pg_stat_activity, then run again with --resume",
  "57": "Wait until the server is up, then run again with --resume",
};
