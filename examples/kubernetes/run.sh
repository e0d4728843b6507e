#!/usr/bin/env bash
# The admission webhook, asked over TLS as an API server asks it.
# Usage: run.sh [REVIEW.json], with COUNTERSEAL_URL and COUNTERSEAL_TOKEN.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
review=${1:-$here/review.json}
folder=$(mktemp -d)
webhook=''
trap '[ -z "$webhook" ] || kill "$webhook"; rm -rf "$folder"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
  -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
  -keyout "$folder/tls.key" -out "$folder/tls.crt" 2>/dev/null

counterseal admission serve --port 0 --namespace models=staging \
  --certificate "$folder/tls.crt" --private-key "$folder/tls.key" > "$folder/told" &
webhook=$!
for _ in $(seq 200); do
  grep -q https "$folder/told" && break
  sleep 0.1
done
url=$(grep -o 'https://[^ ]*' "$folder/told")

curl --silent --show-error --fail --noproxy '*' --cacert "$folder/tls.crt" \
  --header 'Content-Type: application/json' --data-binary "@$review" "$url"
echo
