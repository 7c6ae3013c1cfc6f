#!/usr/bin/env bash
# Makes the locks anew from pyproject.toml, after a change of its dependencies or to take newer versions:
#   conf/lock/make.sh             keeps the versions that still fit
#   conf/lock/make.sh --upgrade   takes the newest
# It needs uv (pip install uv). One lock serves Python 3.10 and later on every platform.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

lock() {
  local file=conf/lock/$1.txt what=$2
  shift 2
  uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
    --output-file "$file" "$@" >/dev/null
  printf '%s\n' "# $what, with the SHA-256 of each published file. Made by conf/lock/make.sh." | cat - "$file" >"$file.new"
  mv -- "$file.new" "$file"
}

lock build "What builds the packages that are published as source" --group pyproject.toml:build "$@"
lock run "What jobs need" pyproject.toml "$@"
lock dev "What jobs, the linters and the tests need" pyproject.toml --group dev --constraint conf/lock/run.txt "$@"
