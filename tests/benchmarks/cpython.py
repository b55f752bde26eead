# SPDX-License-Identifier: MIT
"""Pickles anew what comes on the standard input as a pickle. Answers with a line of the seconds of processor time that
CPython's pickle module needs to write and to read it, and the pickle.

A text that is written again is only copied: CPython keeps its UTF-8."""

import pickle
import sys
import time
import timeit


def seconds(function):
    timer = timeit.Timer(function, timer=time.process_time)
    count = 1
    while timer.timeit(count) < 0.01:
        count *= 2
    return min(timer.repeat(5, count)) / count


value = pickle.load(sys.stdin.buffer)
pickled = pickle.dumps(value)
times = seconds(lambda: pickle.dumps(value)), seconds(lambda: pickle.loads(pickled))
sys.stdout.buffer.write(b'%r %r\n' % times + pickled)
