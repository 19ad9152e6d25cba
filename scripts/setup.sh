#!/bin/sh
# Makes .venv and fills it from a hashed lock file: scripts/setup.sh requirements/run.txt
set -eu
cd "$(dirname "$0")/.."
lock=$1
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null 2>&1 ||
  ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "confhub needs Python 3.11 or newer as python3 (or set PYTHON=/path/to/python3.11)." >&2
  exit 2
fi

if [ ! -x .venv/bin/python ]; then
  # Debian splits ensurepip into python3-venv. Without it, the machine's own pip can fill the environment.
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv .venv
  elif "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --without-pip .venv
  else
    echo "Neither python3-venv nor python3-pip is installed. Run: apt-get install python3-venv" >&2
    exit 2
  fi
fi

if .venv/bin/python -c 'import pip' 2>/dev/null; then
  pip=".venv/bin/python -m pip"
else
  pip="$python -m pip --python .venv/bin/python"
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1
echo "Installing the packages of $lock into .venv …"
$pip install --quiet --require-hashes -r "$lock"
$pip install --quiet --no-deps --no-build-isolation -e .
.venv/bin/python scripts/native.py
# once, for every start of a hub, a relay, a room or a test: many machines tell Python to keep nothing it compiles
.venv/bin/python -m compileall -q -j 2 confhub endpoints bench tests
