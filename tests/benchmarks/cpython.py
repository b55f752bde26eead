# SPDX-License-Identifier: MIT
"""Pickles anew what comes on the standard input as a pickle. Answers with a line of the seconds of processor time that
CPython's pickle module needs to write and to read it, and the pickle. With any argument it looks once only.

Each value is written once: CPython keeps a text's UTF-8 with it, and would only copy it from then on."""

import pickle
import sys
import time

IS_QUICK = len(sys.argv) > 1  # to see that it works
ROUNDS = 1 if IS_QUICK else 7
BYTES = 1 if IS_QUICK else 16 * 1024 * 1024  # that are written and read in one


def seconds(function, inputs):
    start = time.process_time()
    for value in inputs:
        function(value)
    return (time.process_time() - start) / len(inputs)


def median(values):
    """Without the module that has it, whose imports leave CPython other memory than it has by itself."""
    return sorted(values)[ROUNDS // 2]


pickled = pickle.dumps(pickle.load(sys.stdin.buffer))
pickles = [pickled] * max(1, min(10_000, BYTES // len(pickled)))
reading = median(seconds(pickle.loads, pickles) for _ in range(ROUNDS))
writing = median(seconds(pickle.dumps, [pickle.loads(each) for each in pickles]) for _ in range(ROUNDS))
sys.stdout.buffer.write(b'%r %r\n' % (writing, reading) + pickled)
