#!/usr/bin/env bash
# tests/run.sh [pytest arguments]: sets up what is missing, then runs the tests.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/bootstrap.sh"
bootstrap tests "$@"
