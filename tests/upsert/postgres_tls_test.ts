// Encryption and passwords, against a server that requires both. Needs openssl to create a certificate.
import { assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { startPostgres } from "../support/postgres_server.ts";
import type { PostgresServer } from "../support/postgres_server.ts";
import { startProxy } from "./proxy.ts";
import { shapeOf, tableOf } from "./shapes.ts";

async function hasOpenssl(): Promise<boolean> {
  return await new Deno.Command("openssl", { args: ["version"] }).output()
    .then(({ success }) => success, () => false);
}

/** Gives a server a self-signed certificate, which it uses after its next start. */
async function certify(server: PostgresServer, subjectAltName: string): Promise<void> {
  const { uid, gid } = await Deno.stat(server.dataDir);
  const files = ["server.key", "server.crt"].map((name) => `${server.dataDir}/${name}`);
  const made = await new Deno.Command("openssl", {
    args: ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hindcast"]
      .concat(["-addext", `subjectAltName=${subjectAltName}`])
      .concat(["-keyout", files[0]!, "-out", files[1]!]),
  }).output();
  if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
  for (const file of files) {
    await Deno.chmod(file, 0o600);
    if (uid !== null && gid !== null) await Deno.chown(file, uid, gid);
  }
}

/** A server that accepts TCP clients only with TLS and a password. */
async function startStrict(password: string): Promise<PostgresServer> {
  const server = await startPostgres();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await certify(server, "IP:127.0.0.1");
  await sql.unsafe(`ALTER ROLE hindcast PASSWORD '${password.replaceAll("'", "''")}'`);
  await sql.unsafe("ALTER SYSTEM SET ssl = on");
  await sql.end();
  const onlyTls = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
  await Deno.writeTextFile(`${server.dataDir}/pg_hba.conf`, onlyTls);
  await server.stop();
  await server.start();
  return server;
}

Deno.test({
  name: "openTarget() uses TLS according to sslmode, with a password of any characters",
  ignore: !await hasOpenssl(),
  async fn(t) {
    const password = "p@ss/#?:% 'ü\\";
    await using server = await startStrict(password);
    const url = (host: string, query: string, secret = password) =>
      `postgres://hindcast:${encodeURIComponent(secret)}@${host}:${server.port}/postgres?${query}`;
    const isEncrypted = async (address: string) => {
      await using target = await openTarget(address);
      const { rows } = await target.query(
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
      );
      return rows[0]![0];
    };
    const certificate = `sslrootcert=${encodeURIComponent(`${server.dataDir}/server.crt`)}`;

    await t.step("require encrypts without verifying the server", async () => {
      assertEquals(await isEncrypted(url("127.0.0.1", "sslmode=require")), true);
    });
    await t.step("verify-full requires the certificate authority", async () => {
      assertEquals(await isEncrypted(url("127.0.0.1", `sslmode=verify-full&${certificate}`)), true);
      await assertRejects(() => isEncrypted(url("127.0.0.1", "sslmode=verify-full")), Failure);
    });
    await t.step("verify-ca requires only the certificate authority", async () => {
      assertEquals(await isEncrypted(url("127.0.0.1", `sslmode=verify-ca&${certificate}`)), true);
    });
    await t.step("disable does not encrypt", async () => {
      await assertRejects(
        () => isEncrypted(url("127.0.0.1", "sslmode=disable")),
        Failure,
        "no encryption",
      );
    });
    await t.step("a wrong password is reported as wrong and is not shown", async () => {
      const failure = await assertRejects(
        () => openTarget(url("127.0.0.1", "sslmode=require", "hunter2")),
        Failure,
        "password authentication failed",
      );
      assertEquals(failure.hint, "Check user and password in DATABASE_URL");
      assertEquals(Deno.inspect(failure, { depth: 9 }).includes("hunter2"), false);
    });
    await t.step("a lost connection is noticed, and the write is repeated", async () => {
      await using proxy = startProxy(server.port);
      const address = new URL(url("127.0.0.1", "sslmode=require"));
      address.port = String(proxy.port);
      await using target = await openTarget(address.href);
      const table = tableOf({ id: "integer", name: "text" });
      await target.prepare({ things: table });
      const rows = Array.from({ length: 50_000 }, (_, at) => [String(at), "x".repeat(200)]);
      const writing = target.write([{ shape: shapeOf("things", table), rows }], []);
      await new Promise((resolve) => setTimeout(resolve, 50));
      proxy.cut();
      await writing;
      proxy.cut();
      assertEquals(await target.countRows(["things"]), { things: 50_000 });
    });
    await t.step("a missing certificate is reported as missing", async () => {
      const missing = "sslmode=verify-full&sslrootcert=/no/such.crt";
      const failure = await assertRejects(() => openTarget(url("127.0.0.1", missing)), Failure);
      assertEquals(failure.kind, "configuration");
    });
    await t.step("verify-full checks the host name, verify-ca does not", async () => {
      await certify(server, "DNS:another.example");
      await server.stop();
      await server.start();
      const full = url("127.0.0.1", `sslmode=verify-full&${certificate}`);
      await assertRejects(() => isEncrypted(full), Failure, "Cannot connect to");
      assertEquals(await isEncrypted(url("127.0.0.1", `sslmode=verify-ca&${certificate}`)), true);
    });
  },
});
