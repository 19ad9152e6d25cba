#!/usr/bin/env bash
# The tests, `scripts/test.sh [pytest's arguments]`, in three parts. First those marked `alone`, with nothing beside
# them. Then those marked `calm`, one after the other, and beside them all the others, three at a time, which step back
# wherever both want a processor: media waits more than it works, and what it leaves is not left idle.
set -uo pipefail
cd "$(dirname "$0")/.."

pytest() { .venv/bin/python -m pytest "$@"; }
fine() { # exit 5, no test chosen, is fine for one part where arguments pick from another
  [ "$1" -eq 0 ] || { [ "$1" -eq 5 ] && [ "$given" -gt 0 ]; }
}
given=$#
failed=0

# without arguments: the files with tests of that mark; to look through all the others takes time
alone=("$@")
calm=("$@")
if [ "$given" -eq 0 ]; then
  mapfile -t alone < <(grep -rl --include='test_*.py' 'pytest\.mark\.alone' tests | sort)
  mapfile -t calm < <(grep -rl --include='test_*.py' 'pytest\.mark\.calm' tests | sort)
fi

pytest -m alone "${alone[@]}"
fine $? || failed=1

told=$(mktemp)
set -m # a group of its own, which an interrupt reaches by the trap
pytest -m calm "${calm[@]}" >"$told" 2>&1 &
set +m
playing=$!
trap 'kill -INT -- "-$playing" 2>/dev/null; rm -f "$told"' EXIT

measured=()
[ "${COVERAGE:-}" ] && measured=(--cov --cov-report=)
# in the order of the folders, which is from the slow to the fast: no long file is begun last
nice -n 5 .venv/bin/python -m pytest -m "not alone and not calm" -n 3 --dist loadfile --no-loadscope-reorder \
  "${measured[@]}" "$@"
fine $? || failed=1

wait "$playing"
fine $? || failed=1
cat "$told"
if [ "${COVERAGE:-}" ]; then
  .venv/bin/coverage report --fail-under=0 \
    --include='confhub/access/*,confhub/attendance/*,confhub/checkin/*,confhub/relay/wire/*'
  echo "All of confhub and endpoints, lines and branches: $(.venv/bin/coverage report --format=total --fail-under=0) %"
fi
exit "$failed"
