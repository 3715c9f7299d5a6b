#!/usr/bin/env bash
# Installs the peers: Python packages into a virtual environment, faucet-stream from crates.io (20 minutes on
# two busy cores). The folder is the first argument, or ./peers. faucet-cli says that it wants Rust 1.99;
# 1.95 builds it, and what it built passes the comparison value by value.
set -euo pipefail
folder=${1:-./peers}
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install "dlt[postgres,parquet]==1.31.0" "psycopg2-binary==2.9.13" \
  "requests==2.34.2" "adbc-driver-postgresql==1.13.0" "adbc-driver-manager==1.13.0"
cargo install faucet-cli@1.17.0 --locked --ignore-rust-version --no-default-features \
  --features source-rest,sink-postgres,transforms,state --root "$folder/faucet"
