#!/usr/bin/env bash
# A model promoted by a git tag, as GTO does it: told to the ledger, then moved, and found.
# Usage: run.sh [SOURCE], with COUNTERSEAL_URL and COUNTERSEAL_TOKEN.
set -euo pipefail
source=${1:-gto-example}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GIT_AUTHOR_NAME=Ana GIT_AUTHOR_EMAIL=ana@example.org GIT_COMMITTER_NAME=Ana GIT_COMMITTER_EMAIL=ana@example.org
export GIT_CONFIG_GLOBAL=/dev/null

git init -q -b main
git commit -q --allow-empty -m 'Train'
git tag -a -m 'GTO' churn@v1.0.0
git tag -a -m 'GTO' 'churn#staging#1'

echo '== what the tags say'
counterseal gto show
echo '== may they stand?'
counterseal gto check --source "$source"
echo '== told to the ledger'
counterseal gto record --source "$source"

git commit -q --allow-empty -m 'Train again'
git tag -a -f -m 'GTO' churn@v1.0.0 >/dev/null
echo '== the tag was moved'
if counterseal gto check --source "$source"; then
  echo 'nobody noticed' >&2
  exit 1
fi
