#!/usr/bin/env bash
# Node 24.21.0, from the npm package node.
#
# A good guess: setTimeout(callback, 10) calls back after 10 milliseconds or later, never sooner.
# Seen: of 400 timers of 10 ms, many fire up to a millisecond early by performance.now(), as Node counts
# timers in whole milliseconds of a clock that is read at the beginning of each turn.
# It matters for anyone who waits until a moment and then looks whether it has come: an exact limiter,
# lease or Retry-After is too early, and sends, or waits a second time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const DELAY_MS = 10;
const TIMERS = 400;
let early = 0;
let most = 0;
let fired = 0;
for (let index = 0; index < TIMERS; index += 1) {
	// At different moments of a millisecond.
	setTimeout(() => {
		const began = performance.now();
		setTimeout(() => {
			const missing = DELAY_MS - (performance.now() - began);
			if (missing > 0) early += 1;
			most = Math.max(most, missing);
			fired += 1;
			if (fired === TIMERS) {
				console.log(`early: ${early > 0 ? 'yes' : 'no'}`);
				console.log(`by a millisecond at most: ${most <= 1 ? 'yes' : 'no'}`);
			}
		}, DELAY_MS);
	}, index * 3.3);
}
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='early: yes
by a millisecond at most: yes'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
