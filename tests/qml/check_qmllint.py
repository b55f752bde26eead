# SPDX-License-Identifier: MIT
"""check_qmllint.py QMLLINT IMPORTS…: qmllint has nothing to say about any QML file of the project.

Ends with 77, which CTest reports as skipped, where there is no qmllint.
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'package'))
from check_style import files  # noqa: E402

tool, *imports = sys.argv[1:]
if tool.endswith('NOTFOUND'):
    print('Skipped: there is no qmllint here (Debian: apt-get install qt6-declarative-dev-tools).')
    sys.exit(77)
sources = [str(path) for path in files() if path.suffix == '.qml']
if not sources:
    sys.exit('There are no QML files: run this in the folder of the project.')
options = [option for folder in imports for option in ('-I', folder)]
result = subprocess.run([tool, *options, *sources], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                        text=True)
print(result.stdout, end='')
print(f'{len(sources)} files, exit code {result.returncode}')
sys.exit(1 if result.returncode or result.stdout.strip() else 0)
