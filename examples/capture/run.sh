#!/usr/bin/env bash
# A repository with a large file in Git LFS and data in DVC, captured without asking anybody.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GIT_AUTHOR_NAME=Ana GIT_AUTHOR_EMAIL=ana@example.org GIT_COMMITTER_NAME=Ana GIT_COMMITTER_EMAIL=ana@example.org
export GIT_CONFIG_GLOBAL=/dev/null DVC_NO_ANALYTICS=1

git init -q -b main
git lfs install --local >/dev/null
git lfs track '*.bin' >/dev/null
dvc init -q
printf 'x,y\n1,2\n' > customers.csv
dvc add -q customers.csv
printf 'scikit-learn==1.7.0\n' > requirements.txt
printf 'weights' > model.bin
git add -A
git commit -q -m 'Train'
git remote add origin https://git.example.org/ml/churn.git

counterseal register churn 1.0.0 --model model.bin --dry-run
