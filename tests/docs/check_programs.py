# SPDX-License-Identifier: MIT
"""The programs that docs/testing.md shows are the files of tests/docs, but for their licence line."""
import pathlib
import re
import sys

FOLDER = pathlib.Path('tests/docs')

page = pathlib.Path('docs/testing.md').read_text(encoding='utf-8')
blocks = {block.strip() for block in re.findall(r'^```\w*\n(.*?)^```$', page, re.DOTALL | re.MULTILINE)}
failed = False
for name in ('tst_kitchen.cpp', 'guest.py', 'tst_kitchen.qml'):
    lines = (FOLDER / name).read_text(encoding='utf-8').splitlines()
    program = '\n'.join(line for line in lines if 'SPDX-License-Identifier' not in line).strip()
    if program not in blocks:
        print(f'docs/testing.md has no code block that is exactly {FOLDER / name}', file=sys.stderr)
        failed = True
sys.exit(failed)
