# SPDX-License-Identifier: MIT
"""A room with a heater and a sensor, simulated: tells its temperature five times a second, and obeys set-points."""
import argparse
import random
import time

import pyvent

OUTSIDE = 8.0   # °C
HEATER = 6.0    # °C a second, at full power
LOSS = 0.2      # of the difference to outside, a second
NOISE = 0.05    # °C
INTERVAL = 0.2  # seconds

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=52002, help='the bus, by its port')
node = pyvent.Node(port=parser.parse_args().port)

set_point = 20.0


@node.connect('set-point')
def obey(celsius):
    global set_point
    set_point = celsius


print('The room is being heated. Ctrl+C ends it.', flush=True)
temperature = OUTSIDE
while True:
    # What keeps the set-point, and more the farther it is away.
    power = LOSS * (set_point - OUTSIDE) / HEATER + (set_point - temperature) / 2
    power = min(max(power, 0), 1)
    temperature += INTERVAL * (HEATER * power - LOSS * (temperature - OUTSIDE))
    measured = random.gauss(temperature, NOISE)
    node.send('temperature', celsius=round(measured, 2), power=round(power, 2))
    time.sleep(INTERVAL)
