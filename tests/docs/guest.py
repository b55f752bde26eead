# SPDX-License-Identifier: MIT
import os
import signal
import threading

import pyvent

node = pyvent.Node(port=int(os.environ['PYVENT_PORT']))
served = threading.Event()


@node.connect('food-ready')
def eat(food, minutes):
    node.send('thanks', food=food)
    served.set()


# It listens some moments after it was told to, so it orders until it is served.
while not served.wait(0.2):
    node.send('order-food', food='sushi')
signal.pause()
