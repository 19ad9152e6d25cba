#!/usr/bin/env bash
# What tests and benchmarks run beside ours and `go install` makes: Go itself and the LiveKit server, both outside
# of the clone. Does nothing where they are there. Prints the server's version.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
look_for() { "$python" -m bench.peers "$1" 2>/dev/null; }
needed=$(sed -n 's/^go //p' tests/gopeer/go.mod)

# Debian's Go may be older than what modules ask for: from 1.21 on it fetches a newer one by itself, before that we
# fetch it for it, as the module it is.
go=$(look_for go) || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq golang && go=$(look_for go); }
is_old() { [ "$(printf '%s\n%s\n' "$needed" "$("$1" env GOVERSION | sed 's/^go//')" | sort -V | head -1)" != "$needed" ]; }
if is_old "$go"; then
  newer="golang.org/toolchain@v0.0.1-go$needed.linux-$("$go" env GOARCH)"
  place=$(cd / && "$go" mod download -json "$newer" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  mkdir -p "$HOME/.cache/confhub"
  rm -rf "$HOME/.cache/confhub/go"
  cp -r "$place" "$HOME/.cache/confhub/go"
  chmod -R u+w "$HOME/.cache/confhub/go"
  chmod +x "$HOME"/.cache/confhub/go/bin/* "$HOME"/.cache/confhub/go/pkg/tool/*/*
  go=$(look_for go)
fi
"$go" version

if ! look_for livekit-server; then
  module=$("$python" -m bench.peers livekit-module)
  (cd / && GOFLAGS= "$go" install "$module")
fi
"$python" -m bench.peers livekit-version
