# SPDX-License-Identifier: MIT
import os
import signal

import pyvent

node = pyvent.Node(port=int(os.environ['PYVENT_PORT']))


@node.connect('food-ready')
def eat(food, minutes):
    node.send('thanks', food=food)


node.send('order-food', food='sushi')
signal.pause()
