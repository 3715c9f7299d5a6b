"""dlt's rest_api source at its documented best for this job: one range, offset paging by the stated total,
merge on the primary key, nested runners as a child table."""
import os

import dlt
from dlt.sources.rest_api import rest_api_source

source = rest_api_source({
    "client": {
        "base_url": os.environ["RACING_API_URL"],
        "auth": {
            "type": "http_basic",
            "username": os.environ["RACING_API_USERNAME"],
            "password": os.environ["RACING_API_PASSWORD"],
        },
    },
    "resources": [{
        "name": "results",
        "primary_key": "race_id",
        "write_disposition": "merge",
        "endpoint": {
            "path": "/v1/results",
            "params": {"start_date": os.environ["PEERS_FIRST"], "end_date": os.environ["PEERS_LAST"]},
            "data_selector": "results",
            "paginator": {
                "type": "offset", "limit": 100, "offset": 0,
                "offset_param": "skip", "limit_param": "limit", "total_path": "total",
            },
        },
    }],
})
pipeline = dlt.pipeline(
    pipeline_name="peers",
    pipelines_dir=os.environ["PEERS_FOLDER"],
    destination=dlt.destinations.postgres(os.environ["DATABASE_URL"]),
    dataset_name="peers",
)
pipeline.run(source)
