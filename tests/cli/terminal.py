# SPDX-License-Identifier: MIT
"""terminal.py stdout|stderr COMMAND…: runs the command with this stream on a terminal, and prints what that is given.

The command's other stream is this program's own, and so are its end and the signals SIGINT and SIGTERM.
"""
import os
import pty
import signal
import subprocess
import sys
import termios

controlling, terminal = pty.openpty()
attributes = termios.tcgetattr(terminal)
attributes[1] &= ~termios.OPOST  # no "\r\n" for "\n"
termios.tcsetattr(terminal, termios.TCSANOW, attributes)

command = subprocess.Popen(sys.argv[2:], **{sys.argv[1]: terminal})
os.close(terminal)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda received, _: command.send_signal(received))

while True:
    try:
        given = os.read(controlling, 65536)
    except OSError:  # the command has ended
        break
    if not given:
        break
    sys.stdout.buffer.write(given)
    sys.stdout.buffer.flush()
sys.exit(command.wait())
