#!/usr/bin/env bash
# Installs the peers: Python packages into a virtual environment, faucet-stream from crates.io. The folder is
# the first argument, or ./peers. faucet-cli 1.14.0 asks for Rust 1.96.
set -euo pipefail
folder=${1:-./peers}
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install "dlt[postgres]==1.31.0" "psycopg2-binary==2.9.13" "requests==2.34.2"
cargo install faucet-cli@1.14.0 --locked --no-default-features \
  --features source-rest,sink-postgres,transforms,state --root "$folder/faucet"
