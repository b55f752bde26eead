# SPDX-License-Identifier: MIT
"""The programs that the README shows are the files of examples/01-quickstart, but for their licence line."""
import pathlib
import re
import sys

EXAMPLE = pathlib.Path('examples/01-quickstart')

readme = pathlib.Path('README.md').read_text(encoding='utf-8')
blocks = {block.strip() for block in re.findall(r'^```\w*\n(.*?)^```$', readme, re.DOTALL | re.MULTILINE)}
failed = False
for name in ('kitchen.cpp', 'waiter.cpp', 'kitchen.py', 'waiter.py'):
    lines = (EXAMPLE / name).read_text(encoding='utf-8').splitlines()
    program = '\n'.join(line for line in lines if 'SPDX-License-Identifier' not in line).strip()
    if program not in blocks:
        print(f'README.md has no code block that is exactly {EXAMPLE / name}', file=sys.stderr)
        failed = True
sys.exit(failed)
