#!/usr/bin/env bash
# A step of a pipeline: starts a test of an Access policy, waits for its end, prints who
# would be locked out, and fails if these are too many. Arguments: the file with the
# policy, then flags for every command.
#
#   ./step.sh ../policy.json --simulate
#
# MAX_BLOCKED is a number of users, or a percentage of those that have been processed.
set -euo pipefail

policy=${1:-../policy.json}
shift || true

id=$(access-policy-mcp start --quiet --policy "@$policy" "$@")
status=0
access-policy-mcp get "$id" --wait 1h --max-blocked "${MAX_BLOCKED:-2%}" "$@" >&2 || status=$?
case $status in
0 | 3 | 4 | 5) # there is an answer, and so there may be users
  access-policy-mcp users "$id" --status blocked --all --output tsv "$@" | cut -f2
  ;;
esac
exit "$status"
