# SPDX-License-Identifier: MIT
"""Moves the set point that the windows share down, a degree at a time, from the last that it has heard."""
import argparse
import time

import pyvent

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=52002, help='the bus, by its port')
node = pyvent.Node(port=parser.parse_args().port)

set_point = 20.0


@node.connect('room.setpoint')
def moved(value):
    """Somebody has moved it, perhaps this script."""
    global set_point
    set_point = value


print('It gets colder. Ctrl+C ends it.', flush=True)
while True:
    time.sleep(1)
    node.send('room.setpoint', value=max(set_point - 1, 5.0))
