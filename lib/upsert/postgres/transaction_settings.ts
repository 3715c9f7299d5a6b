// Owns the settings of every transaction on a server, so that a transaction behaves the same regardless of
// the defaults of server, database and role. They end with the transaction: nothing stays on a pooled
// connection. Pure.
import { quoteLiteral } from "../sql/identifier.ts";
import { DURABLE_SQL } from "../write/write_plan.ts";

/**
 * The `tcp_keepalives` let the server notice within two minutes that the client's machine is gone. Values
 * are read back in the formats that these settings choose.
 */
const COMMON = {
  standard_conforming_strings: "on",
  // Otherwise the catalog's names of types are quoted, and NULL in an array is a string.
  quote_all_identifiers: "off",
  array_nulls: "on",
  TimeZone: "UTC",
  DateStyle: "ISO, YMD",
  IntervalStyle: "iso_8601",
  bytea_output: "hex",
  extra_float_digits: "1",
  lock_timeout: "60s",
  idle_in_transaction_session_timeout: "120s",
  tcp_keepalives_idle: "60",
  tcp_keepalives_interval: "15",
  tcp_keepalives_count: "4",
};

/** The statements that open a transaction that writes; it may take as long as it needs. */
export function beginWriting(own: Readonly<Record<string, string>>): string[] {
  return ["BEGIN", settingsSql(own, 0)];
}

/** The statement that applies the settings to the current transaction, those of the address (`own`) first. */
export function settingsSql(
  own: Readonly<Record<string, string>>,
  statementTimeoutMs: number,
): string {
  const settings = Object.entries({
    ...own,
    ...COMMON,
    statement_timeout: `${statementTimeoutMs}`,
  });
  const calls = settings.map(([name, value]) =>
    `set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`
  );
  return `SELECT ${[DURABLE_SQL, ...calls].join(", ")}`;
}
