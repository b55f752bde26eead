# SPDX-License-Identifier: MIT
"""frame_corpus.py FOLDER: events' frames and batches of them, for the fuzzer to begin with."""
import pathlib
import struct
import sys

NODE = bytes(range(16))


def trailer(sequence=1, time=1234567890123456, previous=0, flags=0, sender=b'', more=b'', version=1):
    body = more + struct.pack('<q', previous) + sender
    return body + struct.pack('<16sQqHHHBB', NODE, sequence, time, flags, len(sender), len(body) + 40, version, 0xF5)


def batch(*frames):
    return b''.join(struct.pack('<I', len(frame)) + frame for frame in frames)


EVENT = b'order }.' + trailer(7, previous=5, sender=b'kitchen')
FRAMES = {
    'python': b'order }.',
    'topic': b'order',
    'event': EVENT,
    'plain': b'order }.' + trailer(),
    'flags': b'order }.' + trailer(flags=7),
    'largest': b'order }.' + trailer(2**64 - 1, -1, -2**63, 65535, b'x' * 1024),
    'later': b'order }.' + trailer(more=b'what a later revision says'),
    'unknown': b'order }.' + trailer(version=2),
    'short': b'order }.' + trailer()[-39:],
    'without-previous': b'order }.' + struct.pack('<16sQqHHHBB', NODE, 1, 2, 0, 0, 40, 1, 0xF5),
    'lengths': b'order }.' + struct.pack('<16sQqHHHBB', NODE, 1, 2, 0, 500, 40, 1, 0xF5),
    'empty': b'',
    'batch': batch(EVENT, b'order }.', b'', b'food ' + b'x' * 300, EVENT),
    'batch-cut': batch(EVENT, b'order }.')[:-1],
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FRAMES.items():
        (folder / name).write_bytes(content)


main(pathlib.Path(sys.argv[1]))
