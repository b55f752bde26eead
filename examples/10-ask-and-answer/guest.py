# SPDX-License-Identifier: MIT
"""Asks what a dish costs. The answer is the event that the argument reply_to names."""
import argparse

import pyvent

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('dish')
parser.add_argument('--port', type=int, default=52002, help='the bus, by its port')
arguments = parser.parse_args()
node = pyvent.Node(port=arguments.port, server=False)

answer = None
for _ in range(10):  # a Python node misses what comes right after it has connected
    # Whoever answers may have an id, and so another sender.
    answer = node.wait_for('my-price', sender=pyvent.Any, timeout=1.0,
                           send=('price-of', {'dish': arguments.dish, 'reply_to': 'my-price'}))
    if answer:
        break
print(answer.get('value', answer.get('error')) if answer else 'No answer.')
node.stop()
