#!/bin/sh
# SPDX-License-Identifier: MIT
# press_keys.sh TITLE WINDOW'S-PROGRAM… -- KEY…: starts the program, and presses the keys in its window, as xdotool names
# them, again and again until it is ended. Run within xvfb-run.
set -eu
title=$1
shift
program=''
while [ "$1" != -- ]; do
    program="$program $1"
    shift
done
shift

# shellcheck disable=SC2086
$program &
window=$!
trap 'kill $window 2>/dev/null; wait $window 2>/dev/null || true; exit 0' TERM INT HUP EXIT

id=$(timeout 30 xdotool search --sync --onlyvisible --name "^$title\$" | head -n 1)
timeout 10 xdotool windowfocus --sync "$id"
echo 'the window has the focus'
while kill -0 $window 2>/dev/null; do
    timeout 10 xdotool key --clearmodifiers "$@"
    sleep 0.3
done
