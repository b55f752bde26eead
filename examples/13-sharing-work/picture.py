# SPDX-License-Identifier: MIT
"""Has a picture rendered, row by row, by the workers that share that, and prints it."""
import argparse
import collections
import time

import pyvent

ROWS = 24
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=52002, help='the bus, by its port')
node = pyvent.Node(port=parser.parse_args().port, server=False)

rows = {}
workers = collections.Counter()
heard_itself = False


@node.connect('picture-begins')
def begins():
    global heard_itself
    heard_itself = True


@node.connect('row-rendered')
def rendered(row, pixels, worker):
    if row not in rows:  # the row of a worker that was killed may come twice
        rows[row] = pixels
        workers[worker] += 1


while not heard_itself:  # a Python node misses what comes right after it has connected
    node.send('picture-begins')
    time.sleep(0.1)
for row in range(ROWS):
    node.send('render-row', row=row, rows=ROWS)
while len(rows) < ROWS:
    time.sleep(0.1)
for row in range(ROWS):
    print(rows[row])
for worker, count in workers.items():
    print(f'{count} rows by the worker {worker}')
node.stop()
