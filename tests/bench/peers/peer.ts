// The peers that are compared: how each is started, and where it stores its rows.

/** The settings of a peer. */
export interface Setting {
  /** Where install.sh has put the peers. */
  readonly peers: string;
  /** Folder for the state that a run keeps until it is resumed. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly sandboxUrl: string;
  /** First and last day. */
  readonly first: string;
  readonly last: string;
  /** The day after the last. */
  readonly end: string;
  /** Requests a second; 0 for no limit. */
  readonly rate: number;
}

/** One of the peers. */
export interface Peer {
  readonly name: string;
  /** The program that install.sh brings, below its folder. */
  readonly needs?: string;
  readonly command: (setting: Setting) => string[];
  readonly environment?: (setting: Setting) => Record<string, string>;
  /** Run before the first start, against the empty database. */
  readonly prepare?: string;
  /** Queries that give RACES and RUNNERS. */
  readonly races: string;
  readonly runners: string;
}

/** Columns that all write. */
export const RACES = "race_id, date, course, region, race_name, type, going, dist";
export const RUNNERS = "race_id, horse_id, horse, number, position, sp, jockey, trainer, comment";

const HERE = import.meta.dirname!;
const PLAIN = { races: `SELECT ${RACES} FROM races`, runners: `SELECT ${RUNNERS} FROM runners` };

const paced = (rate: number) => ({ PEERS_RATE: rate > 0 ? String(rate) : "" });
const textColumns = (columns: string) => columns.replaceAll(/\w+/g, "$& text");

/** Hindcast as it is, and with an archive from which a killed window continues. */
const hindcast = (name: string, hasArchive: boolean): Peer => ({
  name,
  command: ({ first, last }) => [
    ...[Deno.execPath(), "task", "--quiet", "backfill", `--config=${HERE}/job.yaml`],
    ...[`--start-date=${first}`, `--end-date=${last}`, "--resume", "--json"],
  ],
  environment: ({ rate, folder }) => ({
    ...(rate > 0 && { PEERS_LIMIT: `${rate}/s` }),
    BACKFILL_KV: `${folder}/kv.db`,
    BACKFILL_LOGS: `${folder}/logs`,
    ...(hasArchive && { BACKFILL_ARCHIVE: `${folder}/archive` }),
  }),
  ...PLAIN,
});

export const PEERS: readonly Peer[] = [
  hindcast("Hindcast", false),
  hindcast("Hindcast, archive", true),
  {
    name: "dlt",
    needs: "venv/bin/python",
    command: ({ peers }) => [`${peers}/venv/bin/python`, `${HERE}/dlt_pipeline.py`],
    environment: ({ rate }) => ({ ...paced(rate), RUNTIME__DLTHUB_TELEMETRY: "false" }),
    races: `SELECT ${RACES} FROM peers.results`,
    runners: `SELECT ${RUNNERS.replace("race_id", "r.race_id")}
      FROM peers.results__runners u JOIN peers.results r ON r._dlt_id = u._dlt_parent_id`,
  },
  {
    name: "faucet-stream",
    needs: "faucet/bin/faucet",
    command: ({ peers, end }) => [
      `${peers}/faucet/bin/faucet`,
      ...["run", `${HERE}/faucet.yaml`, "--quiet", "--clock", end],
    ],
    prepare: `CREATE TABLE races (${textColumns(RACES)}, PRIMARY KEY (race_id));
      CREATE TABLE runners (${textColumns(RUNNERS)}, PRIMARY KEY (race_id, horse_id))`,
    ...PLAIN,
  },
  {
    name: "straight script",
    needs: "venv/bin/python",
    command: ({ peers }) => [`${peers}/venv/bin/python`, `${HERE}/straight_script.py`],
    environment: ({ rate }) => paced(rate),
    ...PLAIN,
  },
];

/** The environment of all peers. */
export function environmentOf(peer: Peer, setting: Setting): Record<string, string> {
  return {
    RACING_API_URL: setting.sandboxUrl,
    RACING_API_USERNAME: "sandbox",
    RACING_API_PASSWORD: "sandbox-password-1",
    // dlt refuses an address without a password; the server asks for none.
    DATABASE_URL: setting.databaseUrl.replace(/\/\/([^:@/]+)@/, "//$1:none@"),
    PEERS_FIRST: setting.first,
    PEERS_LAST: setting.last,
    PEERS_FOLDER: setting.folder,
    ...peer.environment?.(setting),
  };
}
