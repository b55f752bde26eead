# SPDX-License-Identifier: MIT
"""check_style.py licence | format | names: what a machine can check of the house's style, over the files of this project.

Ends with 77, which CTest reports as skipped, where the tool for it is missing.
"""
import pathlib
import re
import shutil
import subprocess
import sys

CPP = {'.cpp', '.h'}
COMMENTED = CPP | {'.1', '.bash', '.cmake', '.in', '.py', '.sh', '.qml', '.js'}
NAMES = {'CMakeLists.txt', '_pyvent', 'run', '.clang-format', '.clang-tidy'}
NO_SUFFIX = pathlib.Path('include/Pyvent')  # the headers that are named as their class is


def files():
    """The project's files, those that git does not know yet included."""
    if pathlib.Path('.git').exists() and shutil.which('git'):
        listed = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                                check=True, capture_output=True, text=True).stdout
        paths = {pathlib.Path(name) for name in listed.split('\0') if name}  # in a conflict it lists a file thrice
    else:
        built = {path.parent for path in pathlib.Path('.').rglob('CMakeCache.txt')}
        paths = [path for path in pathlib.Path('.').rglob('*') if not built.intersection(path.parents)]
    return sorted(path for path in paths if path.is_file())


def is_cpp(path):
    return path.suffix in CPP or (path.parent == NO_SUFFIX and not path.suffix)


def check_licence():
    missing = []
    for path in files():
        if path.suffix in COMMENTED or path.name in NAMES or is_cpp(path):
            head = path.read_text(encoding='utf-8').splitlines()[:5]
            if not any('SPDX-License-Identifier: MIT' in line for line in head):
                missing.append(str(path))
    for path in missing:
        print(f'{path}: its first five lines have no "SPDX-License-Identifier: MIT"')
    return 1 if missing else 0


def check_format():
    tool = shutil.which('clang-format-14') or shutil.which('clang-format')
    if not tool:
        print('Skipped: there is no clang-format here (Debian: apt-get install clang-format).')
        return 77
    version = subprocess.run([tool, '--version'], check=True, capture_output=True, text=True).stdout.strip()
    if ' 14.' not in version:
        print(f'Skipped: the format is that of clang-format 14, and this is {version}.')
        return 77
    sources = [str(path) for path in files() if is_cpp(path)]
    report = subprocess.run([tool, '--dry-run', *sources], check=False, capture_output=True, text=True).stderr
    unformatted = sorted({line.split(':')[0] for line in report.splitlines() if 'clang-format-violations' in line})
    for path in unformatted:
        print(f'{path}: not formatted as .clang-format says; run: {tool} -i {path}')
    return 1 if unformatted else 0


def check_names():
    """Tests of several files share a program, and two classes of one name would silently be taken for one."""
    where = {}
    for path in files():
        if path.parts[0] == 'tests' and path.name.startswith('tst_') and path.suffix == '.cpp':
            program = path.parts[:3] if path.parts[1] == 'unit' else path.parts[:2]
            text = re.sub(r'^namespace \{$.*?^\} // namespace$', '', path.read_text(encoding='utf-8'), flags=re.DOTALL | re.MULTILINE)
            for name in re.findall(r'^(?:class|struct) (\w+)(?: final)?(?: :.*)?$', text, flags=re.MULTILINE):
                where.setdefault((program, name), []).append(str(path))
    doubled = {name: paths for (_, name), paths in where.items() if len(paths) > 1}
    for name, paths in doubled.items():
        print(f'{name} is a class in {" and in ".join(paths)}, which share a program: rename one, '
              'or put it into the unnamed namespace')
    return 1 if doubled else 0


if __name__ == '__main__':
    checks = {'licence': check_licence, 'format': check_format, 'names': check_names}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    sys.exit(checks[sys.argv[1]]())
