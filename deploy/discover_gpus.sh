#!/usr/bin/env bash
# Tells Spark which GPUs this machine has, as its discoveryScript; none is an error that says so.
set -euo pipefail
if ! command -v nvidia-smi >/dev/null; then
  echo "no nvidia-smi on the path: this worker offers no GPU" >&2
  exit 1
fi
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -sd,)
echo "{\"name\": \"gpu\", \"addresses\": [${addresses}]}"
