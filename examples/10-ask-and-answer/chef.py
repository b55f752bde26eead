# SPDX-License-Identifier: MIT
"""Answers the question for the chef's name, by sending the event that the question names."""
import argparse
import time

import pyvent

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=52002, help='the bus, by its port')
node = pyvent.Node(port=parser.parse_args().port)


def answer(reply_to, **_):
    node.send(reply_to, value='Naomi')  # or error='Who wants to know?'


node.connect(answer, "chef's-name")
print('The chef is in. Ctrl+C ends it.', flush=True)
while True:
    time.sleep(1)
