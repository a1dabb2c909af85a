#!/bin/sh
# Ask a gateway about one beat: examples/predict.sh [URL [FILE]]
set -eu
url=${1:-http://127.0.0.1:5000}
file=${2:-$(dirname "$0")/beat.json}
set -- --silent --show-error --fail-with-body --max-time 30 --retry 3 --header 'Content-Type: application/json'
if [ -n "${ECG_API_KEY:-}" ]; then
  set -- "$@" --header "Authorization: Bearer $ECG_API_KEY"
fi
curl "$@" --data "@$file" "$url/predict?details=true"
