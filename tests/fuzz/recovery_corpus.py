# SPDX-License-Identifier: MIT
"""recovery_corpus.py FOLDER: conversations with a receiver, for the fuzzer to begin with: hostilewindow.cpp and hostilebus.cpp have what
the bytes mean."""
import pathlib
import random
import sys

# The first byte: with whom.
WINDOW, PROVEN, FORGING, TIGHT, BUS = 0, 1, 2, 4, 24

# Steps of the window's, and of the bus's.
HONEST, HONEST_LOST, PASS, PROCESS, RESUME, PAUSE, FORGET, LISTEN, INVENT, JOIN = range(14, 24)
SAY, SAY_TO_JOINER = 0, 12
BUS_HONEST, BUS_LOST, BUS_PASS, BUS_JOIN, BUS_FORWARD, BUS_FORWARD_LOST, BUS_FORWARD_ANYTHING = range(12, 19)

# Who: a node's own streams; what of them; which number: script.h.
ON_X, ON_Y, ON_Z = 0x41, 0x01, 0x81
HEARD, REPAIRED, ANNOUNCED, BEGINS, IS_GONE, WITHHELD = 0, 1, 2, 3, 4, 6
EXACT = 2 << 4  # added to a place: the number itself
LAST, NEXT, KNOWN, AHEAD, FAR, HUGE, MAX = (EXACT | place for place in (1, 2, 3, 5, 6, 11, 14))
FIRST = 3 << 4  # 1


def heard(number, who=ON_X, previous=1):
    return bytes([SAY, who, HEARD, number, previous, 1])


def announced(number, who=ON_X):
    return bytes([SAY, who, ANNOUNCED, number, 200, 200])


def gone(number, who=ON_X):
    return bytes([SAY, who, IS_GONE, number])


def wait(pause):
    return bytes([PASS, pause])


HONEST_TALK = bytes([HONEST, HONEST, HONEST_LOST, HONEST, PASS, 4, HONEST])
TALKS = {
    'honest': HONEST_TALK * 3,
    'ahead': heard(NEXT) + announced(AHEAD) + wait(3) + gone(AHEAD) + HONEST_TALK,
    'adds-up': heard(NEXT) + (announced(AHEAD) + gone(AHEAD)) * 4 + HONEST_TALK,
    'huge': heard(NEXT) + heard(HUGE) + heard(NEXT) + wait(4) + gone(NEXT) + HONEST_TALK,
    'largest': heard(MAX - 32) + heard(NEXT) + heard(NEXT) + wait(4) + gone(MAX) + HONEST_TALK,
    'beyond-the-largest': heard(MAX - 32) + heard(NEXT) + heard(NEXT) + wait(4) + gone(MAX)
    + bytes([SAY, ON_X, WITHHELD, 1, EXACT, MAX]) + HONEST_TALK,
    'false-head-first': announced(HUGE, ON_Y) + heard(FIRST, ON_Y) + HONEST_TALK + wait(7),
    'false-head-of-before': bytes([SAY, ON_Y, ANNOUNCED, HUGE, 255, 255, SAY, ON_Y, ANNOUNCED, FIRST, 150, 255]) + wait(7),
    'withheld-beyond': heard(FIRST) + announced(AHEAD) + wait(4) + bytes([SAY, ON_X, WITHHELD, 1, LAST - 32, LAST - 32])
    + wait(6) + heard(FIRST + 16) + HONEST_TALK,
    'base-behind-held': heard(FAR, ON_Y, 0)[:5] + bytes([255, 1, SAY, ON_Y, ANNOUNCED, NEXT, 150, 255]) + HONEST_TALK,
    'begins': heard(FAR, previous=0) + bytes([200]) + wait(4) + bytes([SAY, ON_X, BEGINS, 1, FAR, NEXT]) + HONEST_TALK,
    'withheld': heard(NEXT) + announced(AHEAD) + wait(4) + bytes([SAY, ON_X, WITHHELD, 1, LAST, AHEAD]) + HONEST_TALK,
    'held': (heard(NEXT) + heard(AHEAD)) * 5 + HONEST_TALK + wait(6),
    'invents': bytes([INVENT, 0x1F, *range(15)]) * 2 + HONEST_TALK + bytes([INVENT, 0x0F, *range(20, 35)]) + HONEST_TALK,
    'paused': bytes([PAUSE]) + HONEST_TALK + heard(FAR) + bytes([PAUSE]) + wait(5) + HONEST_TALK,
    'others': heard(NEXT, ON_Y) + heard(AHEAD, ON_Z) + bytes([FORGET, LISTEN]) + heard(NEXT, ON_Z) + HONEST_TALK,
    'joiner': HONEST_TALK + bytes([JOIN, PROCESS]) + HONEST_TALK + wait(5)
    + bytes([SAY_TO_JOINER, 1, 2, LAST, AHEAD, SAY_TO_JOINER, 1, 3, LAST]) + bytes([RESUME]) + HONEST_TALK,
    'forged': HONEST_TALK + heard(HUGE, 0) + heard(NEXT, 0) + wait(4) + HONEST_TALK,
    'forged-near': HONEST_TALK + heard(AHEAD, 0) + gone(AHEAD, 0) + announced(AHEAD, 0) + gone(NEXT, 0) + HONEST_TALK,
}
BUS_TALK = bytes([BUS_HONEST, BUS_LOST, BUS_HONEST, BUS_PASS, 4])
FORWARD_TALK = bytes([BUS_FORWARD, BUS_FORWARD_LOST, BUS_FORWARD, BUS_FORWARD_LOST, BUS_PASS, 4])


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, talk in TALKS.items():
        for kind in (WINDOW, PROVEN, FORGING, TIGHT, PROVEN | TIGHT, FORGING | TIGHT):
            (folder / f'{name}-{kind}').write_bytes(bytes([kind]) + talk)
    chance = random.Random(1)
    for kind in range(14):
        said = b''.join(bytes([SAY, chance.randrange(256), kind, *chance.randbytes(6)]) for _ in range(4))
        for proven in (0, PROVEN):
            (folder / f'bus-{kind}-{proven}').write_bytes(
                bytes([BUS | proven]) + BUS_TALK + said + BUS_TALK + bytes([BUS_JOIN]) + said + BUS_TALK)
            anything = b''.join(bytes([BUS_FORWARD_ANYTHING, chance.randrange(256), NEXT]) for _ in range(4))
            (folder / f'forward-{kind}-{proven}').write_bytes(
                bytes([BUS | proven]) + FORWARD_TALK + anything + said + FORWARD_TALK + bytes([BUS_JOIN]) + said
                + BUS_TALK + FORWARD_TALK)


main(pathlib.Path(sys.argv[1]))
