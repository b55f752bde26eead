# SPDX-License-Identifier: MIT
"""sender.py serve|send PORT COUNT: a Python node that serves; or sends "job" so many times, and stays."""
import sys
import time

import pyvent_peer

role, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
node = pyvent_peer.Node(port=port, server=role == 'serve')
if role == 'serve':
    node.start_server()
for n in range(count if role == 'send' else 0):
    node.send('job', n=n)
print('ready', flush=True)
time.sleep(1000)
