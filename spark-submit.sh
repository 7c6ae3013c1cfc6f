#!/usr/bin/env bash
# ./spark-submit.sh [spark-submit options] JOB [the job's arguments]: sets up what is missing, then submits the job.
# Without arguments it lists the jobs.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/bootstrap.sh"
bootstrap submit "$@"
