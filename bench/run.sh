#!/usr/bin/env bash
# Called by `make bench`: measures the release server beside a bare axum server, checks the figures against what
# is asked of them, and keeps them in bench/results.md. Needs wrk. BENCH_SECONDS (10) is the length of one run, made of
# pieces between which the other routes have theirs, so that what the machine does beside meets all of them. On SQLite a
# round in which the bare server is slower than in the best one, since the machine did other things, is measured again, and
# figures whose three runs differ too much all the same are printed and not kept.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${BENCH_SECONDS:-10}
piece=2
port=${BENCH_PORT:-18080}
connections=32
# How far the fastest and the slowest of three runs may lie apart, in percent of the median.
most_spread=25
# How far the bare server may stay behind its best in a round that counts, in percent.
most_behind=15
most_rounds=12
kinds=(bare health lifts workout maxes exercises)
declare -A title=([bare]='bare axum' [health]='`GET /health`' [lifts]='`GET /lifts` (20 rows)'
  [workout]='`GET /users/{id}/workout`' [maxes]='`POST /users/{id}/lift-maxes`'
  [exercises]='`GET /api/exercises` (72 rows)')
# Shares that must be reached: of bare axum for /health, of /health for the rest.
declare -A least=([health]=80 [lifts]=30 [workout]=45 [maxes]=22 [exercises]=25)

for tool in wrk curl; do
  command -v "$tool" >/dev/null || { echo "bench: $tool is missing (apt-get install $tool)" >&2; exit 2; }
done

cargo build --release -p ferrum-server -p ferrum-bench
target=$(realpath "${CARGO_TARGET_DIR:-target}")
bin=$target/release
# Beside the binaries, since /tmp may be in memory, where durable writes cost nothing.
work=$(mktemp -d "$target/bench.XXXXXX")
server='' bare='' database=''
cleanup() {
  for pid in $server $bare; do kill "$pid" 2>/dev/null && wait "$pid" || true; done
  [ -z "$database" ] || psql "$FERRUM_TEST_POSTGRES_URL" -Xqc "DROP DATABASE IF EXISTS $database WITH (FORCE)" || true
  rm -rf "$work"
}
trap cleanup EXIT

failed=0
verdict() { # VALUE <=|>= LIMIT: prints PASS or FAIL
  if awk -v a="$1" -v b="$3" "BEGIN { exit !(a $2 b) }"; then echo PASS; else echo FAIL; fi
}

# The server's environment is ours alone: its default configuration, with the access log in a file, but without the
# limit of 100 requests in a quarter of an hour that IntervalFlow's document sets for an address.
ferrum() { # DIRECTORY URL COMMAND...
  local directory=$1 url=$2
  shift 2
  exec env -i FERRUM_DATA_DIR="$directory" FERRUM_DATABASE_URL="$url" FERRUM_LOG_ACCESS="$directory/access.log" \
    FERRUM_LISTEN="127.0.0.1:$port" FERRUM_POWERPRO_LISTEN="127.0.0.1:$((port + 1))" \
    FERRUM_INTERVALFLOW_LISTEN="127.0.0.1:$((port + 3))" FERRUM_LIMITS_INTERVALFLOW_GENERAL=off "$@"
}

start() { # DIRECTORY URL: sets `server` and `took`, the milliseconds until it answers
  mkdir -p "$1"
  local from=$(date +%s%N)
  (cd "$1" && ferrum "$1" "$2" "$bin/ferrum" serve) 2>"$1/server.log" &
  server=$!
  until curl -fso /dev/null "http://127.0.0.1:$((port + 1))/health"; do
    kill -0 "$server" 2>/dev/null || { cat "$1/server.log" >&2; exit 1; }
    sleep 0.005
  done
  took=$((($(date +%s%N) - from) / 1000000))
}

stop() {
  kill "$server" && wait "$server" || true
  server=''
}

load() { # KIND SECONDS: what load.lua prints
  local address=$((port + 1)) path=/health
  [ "$1" != bare ] || address=$((port + 2))
  [ "$1" != exercises ] || address=$((port + 3)) path=/api/exercises
  wrk -t2 -c"$connections" -d"$2s" --timeout 10s -s bench/load.lua "http://127.0.0.1:$address$path" -- "$1" | grep -E '^(run|took) '
}

summary() { # FILE with what load.lua printed, any number of times: "requests/s p99_ms failures"
  local latencies
  latencies=$(awk '$1 == "took" { n += $3 } END { print n }' "$1")
  sort -k1,1 -k2,2n "$1" | awk -v latencies="$latencies" '
    $1 == "run" { requests += $2; micros += $3; failures += $4 }
    $1 == "took" { seen += $3; if (p99 == "" && seen >= 0.99 * latencies) p99 = $2 }
    END { printf "%.0f %.2f %d\n", requests / micros * 1e6, p99 / 1000, failures }'
}

median() { sort -n | sed -n 2p; }

declare -A rate p99
measure() { # fills rate and p99 with medians of three rounds, and spread
  local round measured kind quiet='' runs="$work/runs"
  rm -f "$runs".*
  spread=0
  for kind in "$@"; do load "$kind" 2 >/dev/null; done
  for ((round = 1; round <= most_rounds; round++)); do
    for ((measured = 0; measured < seconds; measured += piece)); do
      for kind in "$@"; do load "$kind" "$piece" >>"$work/printed.$kind"; done
    done
    for kind in "$@"; do
      summary "$work/printed.$kind" >"$runs.$round.$kind"
      rm "$work/printed.$kind"
      echo "$kind, round $round: $(awk '{ print $1 "/s, p99 " $2 " ms, failures " $3 }' "$runs.$round.$kind")" >&2
    done
    sed "s/^/$round /" "$runs.$round.bare" >>"$runs.control"
    quiet=$(awk -v p="$most_behind" '
      { rate[$1] = $2; if ($2 > best) best = $2 }
      END { for (r in rate) if (rate[r] >= best * (1 - p / 100)) print r }' "$runs.control" | sort -n | head -3)
    [ "$(wc -w <<<"$quiet")" -lt 3 ] || break
  done
  [ "$(wc -w <<<"$quiet")" -eq 3 ] || { echo "bench: of $most_rounds rounds no three were quiet" >&2; exit 3; }
  echo "rounds that count:" $quiet >&2
  for kind in "$@"; do
    for round in $quiet; do cat "$runs.$round.$kind"; done >"$runs.$kind"
    if awk '$3 > 0 { exit 1 }' "$runs.$kind"; then :; else echo "bench: requests of $kind failed" >&2; exit 1; fi
    rate[$kind]=$(cut -d' ' -f1 "$runs.$kind" | median)
    spread=$(cut -d' ' -f1 "$runs.$kind" | sort -n |
      awk -v s="$spread" '{ r[NR] = $1 } END { d = 100 * (r[3] - r[1]) / r[2]; printf "%.0f", (d > s ? d : s) }')
    p99[$kind]=$(cut -d' ' -f2 "$runs.$kind" | median)
  done
}

share() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", 100 * a / b }'; }

table() { # CHECK?: prints the figures, with verdicts if asked for
  local kind of part p99_limit asked word
  p99_limit=$(awk -v h="${p99[health]}" 'BEGIN { l = 2 * h; printf "%.2f", (l > 10 ? l : 10) }')
  echo "| | requests/s | share | asked for | p99 (at most $p99_limit ms) | |"
  echo "|---|---|---|---|---|---|"
  for kind in "${kinds[@]}"; do
    if [ "$kind" = bare ]; then
      echo "| ${title[bare]} | ${rate[bare]} | | | ${p99[bare]} ms | |"
      continue
    fi
    of=health
    [ "$kind" != health ] || of=bare
    part=$(share "${rate[$kind]}" "${rate[$of]}")
    asked="${least[$kind]} % of ${title[$of]}" word=''
    if [ "$1" = check ]; then
      word="$(verdict "$part" '>=' "${least[$kind]}") $(verdict "${p99[$kind]}" '<=' "$p99_limit")"
      case $word in *FAIL*) failed=1 ;; esac
    fi
    echo "| ${title[$kind]} | ${rate[$kind]} | $part % | $asked | ${p99[$kind]} ms | $word |"
  done
}

limit() { # NAME VALUE UNIT LIMIT
  local word
  word=$(verdict "$2" '<=' "$4")
  [ "$word" = PASS ] || failed=1
  echo "| $1 | $2 $3 | at most $4 $3 | $word |"
}

"$bin/bare" "127.0.0.1:$((port + 2))" &
bare=$!

start "$work/sqlite" '' && empty=$took && stop
start "$work/sqlite" '' && migrated=$took && stop
(ferrum "$work/sqlite" '' "$bin/seed")
start "$work/sqlite" ''
measure "${kinds[@]}"
memory=$(awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status")
stop
sqlite_spread=$spread

results=$work/results.md
{
  echo "# Figures"
  echo
  echo "Printed by \`make bench\` on $(date -u +%F) at commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), on this machine:"
  echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) processors, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB of memory,"
  echo "$(uname -sr), data on $(stat -f -c %T "$work"), $(rustc --version | cut -d' ' -f1,2)."
  echo
  echo "The release server in its default configuration (audit on, access log to a file, header identity,"
  echo "\`synchronous=FULL\`) on a fresh SQLite file with 1,000 enrolled lifters and 100,000 maxes; wrk on the same"
  echo "processors with $connections connections, $seconds s a run, $piece s of each route in turn, median of three rounds; one in which bare"
  echo "axum stayed more than $most_behind % behind its best, since the machine was busy, does not count. Workouts and maxes are"
  echo "those of random lifters; every POST is durable before it is answered. IntervalFlow's limit of 100 requests in 15 minutes"
  echo "is off, since all of them come from one address."
  echo
  table check
  echo
  echo "Runs of one route lay at most $spread % apart."
  echo
  echo "For comparison: the earlier Go implementation does 27 %, 3.5 % and 0.7 % (list, workout, durable POST) of its own"
  echo "\`/health\` (71,000/s) on two processors. Ferrum allocates with mimalloc, the bare server with the system's allocator."
  echo
  echo "| | measured | asked for | |"
  echo "|---|---|---|---|"
  limit "peak memory" "$memory" MB 120
  limit "start on an empty directory" "$empty" ms 3000
  limit "start on a migrated one" "$migrated" ms 300
} >"$results"
if [ "$sqlite_spread" -gt "$most_spread" ]; then
  cat "$results"
  echo "bench: the runs differ by up to $sqlite_spread %: the machine was not quiet, the figures mean nothing and are not kept" >&2
  exit 3
fi
mv "$results" bench/results.md
results=bench/results.md

if [ -n "${FERRUM_TEST_POSTGRES_URL:-}" ] && command -v psql >/dev/null; then
  admin=$FERRUM_TEST_POSTGRES_URL
  database=ferrum_bench_$$
  psql "$admin" -Xqc "CREATE DATABASE $database"
  url="${admin%/*}/$database"
  start "$work/postgres" "$url" && stop
  (ferrum "$work/postgres" "$url" "$bin/seed")
  psql "$url" -Xqc 'VACUUM ANALYZE'
  start "$work/postgres" "$url"
  most_behind=100
  measure "${kinds[@]}"
  memory=$(awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status")
  stop
  setting() { psql "$admin" -XAtqc "SHOW $1"; }
  {
    echo
    echo "## PostgreSQL"
    echo
    echo "The same on PostgreSQL $(setting server_version | cut -d' ' -f1) on the same processors, fsync $(setting fsync), synchronous_commit"
    echo "$(setting synchronous_commit), the first three rounds whether they were quiet or not; nothing is asked of these figures. Peak memory of the server: $memory MB."
    echo
    table ''
    echo
    echo "Runs of one route lay at most $spread % apart."
  } >>"$results"
else
  printf '\n## PostgreSQL\n\nNo server, or no psql, when this was measured.\n' >>"$results"
fi

cat "$results"
exit "$failed"
