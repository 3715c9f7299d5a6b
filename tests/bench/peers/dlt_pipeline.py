"""dlt's rest_api source at the best settings that its documentation knows for this job: the whole range as one
read with offset paging by the stated total, a step that keeps the wanted columns, Parquet files that ADBC
loads (faster here than CSV by COPY and than INSERT), and an upsert by the primary key, with the runners as
a child table. Reading months side by side (`parallelized`) was no faster."""
import os
import time

import dlt
from dlt.sources.helpers import requests
from dlt.sources.rest_api import rest_api_source
from requests.adapters import HTTPAdapter

# 2 % slower than the limit: a little sooner than allowed is refused, and costs a second.
SPACING_S = 1.02 / float(os.environ["PEERS_RATE"]) if os.environ.get("PEERS_RATE") else 0
RACE = ("race_id", "date", "course", "region", "race_name", "type", "going", "dist")
RUNNER = ("horse_id", "horse", "number", "position", "sp", "jockey", "trainer", "comment")


class Paced(HTTPAdapter):
    """dlt has no limit of its own; its documentation advises time.sleep(). It retries a 429 as it is told to."""

    due = 0.0

    def send(self, *args, **kwargs):
        time.sleep(max(0.0, self.due - time.monotonic()))
        self.due = time.monotonic() + SPACING_S
        return super().send(*args, **kwargs)


def wanted(race):
    row = {column: race[column] for column in RACE}
    row["runners"] = [{column: runner[column] for column in RUNNER} for runner in race["runners"]]
    return row


session = requests.Client(raise_for_status=False).session
session.mount("http://", Paced())
source = rest_api_source({
    "client": {
        "base_url": os.environ["RACING_API_URL"],
        "session": session,
        "auth": {
            "type": "http_basic",
            "username": os.environ["RACING_API_USERNAME"],
            "password": os.environ["RACING_API_PASSWORD"],
        },
    },
    "resources": [{
        "name": "results",
        "primary_key": "race_id",
        "write_disposition": {"disposition": "merge", "strategy": "upsert"},
        "columns": {"date": {"data_type": "text"}},
        "endpoint": {
            "path": "/v1/results",
            "params": {"start_date": os.environ["PEERS_FIRST"], "end_date": os.environ["PEERS_LAST"]},
            "data_selector": "results",
            "paginator": {
                "type": "offset", "limit": 100, "offset": 0,
                "offset_param": "skip", "limit_param": "limit", "total_path": "total",
            },
        },
        "processing_steps": [{"map": wanted}],
    }],
})
pipeline = dlt.pipeline(
    pipeline_name="peers",
    pipelines_dir=os.environ["PEERS_FOLDER"],
    destination=dlt.destinations.postgres(os.environ["DATABASE_URL"]),
    dataset_name="peers",
)
pipeline.run(source, loader_file_format="parquet")
