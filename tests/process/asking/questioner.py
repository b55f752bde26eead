# SPDX-License-Identifier: MIT
"""questioner.py serve|answer|ask PORT: a Python node that serves; answers "double", with an error where n is negative, and not at all where it is 0; or asks for that, and prints what comes.
"""
import sys
import time

import pyvent_peer

role, port = sys.argv[1], int(sys.argv[2])
node = pyvent_peer.Node(port=port, server=role == 'serve')


def double(n, reply_to=None, **_):
    if reply_to is None or n == 0:
        return
    if n < 0:
        node.send(reply_to, error='it is negative')
    else:
        node.send(reply_to, value=2 * n)


if role == 'serve':
    print('ready' if node.start_server() else 'failed', flush=True)
elif role == 'answer':
    node.connect(double, 'double')
    time.sleep(0.5)  # Python never knows when it is heard
    print('ready', flush=True)
else:
    for n in 21, -1:
        answer = None
        while answer is None:  # it gives up on the server's reply early
            answer = node.wait_for('my-answer', sender=pyvent_peer.Any, timeout=2,
                                   send=('double', {'n': n, 'reply_to': 'my-answer'}))
        print({key: answer[key] for key in ('value', 'error') if key in answer}, flush=True)
    sys.exit()
time.sleep(1000)
