#!/bin/sh
# SPDX-License-Identifier: MIT
# press_keys.sh KEYS TITLE PROGRAM…: starts the program on an X server of its own, and presses the keys, as xdotool
# names them, in its window with this title, again and again until SIGTERM.
set -eu
keys=$1
title=$2
shift 2

# Whatever happens to this script, nothing of it stays for longer than this.
limit='timeout 120'

folder=$(mktemp -d)
server='' window=''
finish() {
    for process in $window $server; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 0' TERM INT HUP

mkfifo "$folder/display"
$limit Xvfb -displayfd 3 -nolisten tcp 3>"$folder/display" 2>"$folder/errors" &
server=$!
read -r number <"$folder/display" || { cat "$folder/errors" >&2; exit 1; }
export DISPLAY=":$number" QT_QPA_PLATFORM=xcb

$limit "$@" &
window=$!
id=$(timeout 60 xdotool search --sync --onlyvisible --name "^$title\$" | head -n 1)
timeout 10 xdotool windowfocus --sync "$id"
echo 'The window has the focus.'
while kill -0 "$window" 2>/dev/null; do
    timeout 10 xdotool key --clearmodifiers "$keys"
    sleep 0.3
done
exit 1
