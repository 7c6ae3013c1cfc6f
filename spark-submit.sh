#!/usr/bin/env bash
# ./spark-submit.sh [spark-submit options] JOB [the job's arguments]: sets up what is missing, then submits the job.
# Without arguments it lists the jobs.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/bootstrap.sh"
# spark-submit hands a job's output on through a pipe; a job that draws a live line needs to know the terminal itself.
if [ -t 2 ]; then
  STARLING_TERMINAL=$(tty <&2) && export STARLING_TERMINAL
fi
bootstrap submit "$@"
