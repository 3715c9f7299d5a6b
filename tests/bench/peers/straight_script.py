"""A straight script in the manner of those that Hindcast replaces: day by day, requests in series, a sleep
between them, upserts of a hundred rows, a checkpoint file with the last finished day."""
import datetime
import json
import os
import time

import psycopg2
import psycopg2.extras
import requests

URL = os.environ["RACING_API_URL"]
AUTH = (os.environ["RACING_API_USERNAME"], os.environ["RACING_API_PASSWORD"])
FIRST = datetime.date.fromisoformat(os.environ["PEERS_FIRST"])
LAST = datetime.date.fromisoformat(os.environ["PEERS_LAST"])
SLEEP_S = 1 / float(os.environ["PEERS_RATE"]) if os.environ.get("PEERS_RATE") else 0
CHECKPOINT = os.path.join(os.environ["PEERS_FOLDER"], "checkpoint.json")
RACE = ["race_id", "date", "course", "region", "race_name", "type", "going", "dist"]
RUNNER = ["horse_id", "horse", "number", "position", "sp", "jockey", "trainer", "comment"]


def upsert(cursor, table, columns, key, rows):
    updates = ", ".join(f"{c} = EXCLUDED.{c}" for c in columns if c not in key)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES %s ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"
    for i in range(0, len(rows), 100):
        psycopg2.extras.execute_values(cursor, sql, rows[i : i + 100])


def fetch(day):
    records, skip = [], 0
    while True:
        for attempt in range(5):
            answer = requests.get(
                f"{URL}/v1/results", auth=AUTH, timeout=60,
                params={"start_date": day, "end_date": day, "limit": 100, "skip": skip},
            )
            time.sleep(SLEEP_S)
            if answer.status_code != 429:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        answer.raise_for_status()
        page = answer.json()
        records += page["results"]
        skip += 100
        if skip >= page["total"]:
            return records


def main():
    db = psycopg2.connect(os.environ["DATABASE_URL"])
    cursor = db.cursor()
    cursor.execute(f"CREATE TABLE IF NOT EXISTS races ({', '.join(c + ' text' for c in RACE)}, PRIMARY KEY (race_id))")
    cursor.execute(
        f"CREATE TABLE IF NOT EXISTS runners (race_id text, {', '.join(c + ' text' for c in RUNNER)}, PRIMARY KEY (race_id, horse_id))"
    )
    db.commit()
    day = FIRST
    if os.path.exists(CHECKPOINT):
        day = datetime.date.fromisoformat(json.load(open(CHECKPOINT))["last"]) + datetime.timedelta(days=1)
    while day <= LAST:
        races = fetch(day.isoformat())
        upsert(cursor, "races", RACE, ["race_id"], [[r[c] for c in RACE] for r in races])
        runners = [[r["race_id"]] + [x[c] for c in RUNNER] for r in races for x in r["runners"]]
        upsert(cursor, "runners", ["race_id"] + RUNNER, ["race_id", "horse_id"], runners)
        db.commit()
        json.dump({"last": day.isoformat()}, open(CHECKPOINT, "w"))
        day += datetime.timedelta(days=1)


main()
