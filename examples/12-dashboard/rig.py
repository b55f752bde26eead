# SPDX-License-Identifier: MIT
"""A furnace as a script: it tells what it measures, follows the set point, and measures its heater when asked.

Type a number to move the set point here, as on the furnace's own knob.
"""
import argparse
import math
import queue
import random
import sys
import threading
import time

import pyvent

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=52002, help='the bus, by its port')
node = pyvent.Node(port=parser.parse_args().port, server=False)

HIGHEST = 200.0
temperature = set_point = 20.0
to_send = queue.SimpleQueue()  # what other threads have to send: one thread does


@node.connect('rig.setpoint')
def moved(value):
    """Somebody has moved the set point, perhaps this script."""
    global set_point
    set_point = min(value, HIGHEST)
    if value > HIGHEST:  # the furnace takes no more, and says so
        to_send.put(('rig.setpoint', {'value': HIGHEST}))


@node.connect('rig.heater')
def measure(reply_to):
    """Somebody asks for the heater's resistance, in ohms."""
    to_send.put((reply_to, {'value': round(47 + 0.01 * temperature, 2)}))


def turn_knob():
    for line in sys.stdin:
        to_send.put(('rig.setpoint', {'value': float(line)}))


threading.Thread(target=turn_knob, daemon=True).start()
to_send.put(('rig.setpoint', {'value': set_point}))  # it has just been switched on
print('The furnace is on. Ctrl+C ends it.', flush=True)
while True:
    while not to_send.empty():
        name, arguments = to_send.get()
        node.send(name, **arguments)
    temperature += (set_point - temperature) * 0.02 + random.gauss(0, 0.05)
    node.send('rig.temperature', value=temperature)
    node.send('rig.pressure', value=1013 + 8 * math.sin(time.time() / 7) + random.gauss(0, 0.3))
    node.send('rig.flow', value=4 + 0.5 * math.sin(time.time() / 3))
    time.sleep(0.1)
