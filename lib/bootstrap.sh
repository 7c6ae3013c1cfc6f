# Sourced by spark-submit.sh, tests/run.sh and .ci/run: finds a Python that can run lib/bootstrap, where the set-up is.

# What to run when a Python fits, as `main COMMAND ARGUMENTS…`: see lib/bootstrap/__main__.py. It does not return.
bootstrap() {
  local home python
  home=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
  python=$(find_python) || exit 1
  exec "$python" -I "$home/lib/bootstrap" "$@"
}

# Prints the path of the Python named by STARLING_PYTHON, else of the first on the PATH that the locked packages fit.
find_python() {
  local name
  if [ -n "${STARLING_PYTHON:-}" ]; then
    fitting "$STARLING_PYTHON" && return
    say "STARLING_PYTHON=$STARLING_PYTHON is $(version_of "$STARLING_PYTHON"); Python 3.10 to 3.14 is needed."
    return 1
  fi
  for name in python3 python3.13 python3.12 python3.11 python3.10 python3.14 python; do
    fitting "$name" && return
  done
  say "Python 3.10 to 3.14 is needed; python3 is $(version_of python3). Install one:
  Debian, Ubuntu:  apt-get install python3 python3-venv
  Fedora:          dnf install python3
  macOS:           brew install python@3.13
or name one that is not on the PATH: STARLING_PYTHON=/path/to/python3"
  return 1
}

# Prints the path of Python $1, without the shims that stand before it on some PATHs; fails when its version does not fit.
fitting() {
  "$1" -c 'import sys; (3, 10) <= sys.version_info[:2] <= (3, 14) or sys.exit(1); print(sys.executable)' 2>/dev/null
}

version_of() {
  "$1" --version 2>&1 | grep '^Python' || echo 'no Python that runs'
}

say() {
  printf 'starling: %s\n' "$1" >&2
}
