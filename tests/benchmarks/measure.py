# SPDX-License-Identifier: MIT
"""Runs the benchmark programs that are built, and reports what they measure.

measure.py PROGRAMS RESULTS [--quick] [--readme FILE]: PROGRAMS is the folder with bench_bus, RESULTS the one that gets
results.json, table.md and the plots. The README's section about performance becomes that table.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import report

PEERS = ['dbus', 'remoteobjects', 'mosquitto']  # which bench_peers has; Python's needs no program


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('programs', type=pathlib.Path)
    parser.add_argument('results', type=pathlib.Path)
    parser.add_argument('--quick', action='store_true', help='tiny counts, to see that all of it works')
    parser.add_argument('--readme', type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(options.programs, pathlib.Path(folder), options.quick)
        results = {'machine': machine(), 'codec': runner.codec(), 'keptCodec': runner.codec(keep_memory=True),
                   'guarantees': runner.guarantees(), 'bus': runner.bus()}
    options.results.mkdir(parents=True, exist_ok=True)
    write(options.results / 'results.json', json.dumps(results, indent=1) + '\n')
    for name, text in report.files(results).items():
        write(options.results / name, text)
    if options.readme:
        write(options.readme, report.in_readme(options.readme.read_text(encoding='utf-8'), results))
    print(f'The table and the plots are in {options.results}.')


def write(path, text):
    path.write_text(text, encoding='utf-8')


def machine():
    cpu = next((line.split(':', 1)[1].strip() for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines()
                if line.startswith('model name')), platform.machine())
    return {'processor': cpu, 'cores': os.cpu_count(), 'kernel': platform.release(), 'python': platform.python_version()}


class Runner:
    def __init__(self, programs, folder, quick):
        self.programs = programs.resolve()
        self.folder = folder
        self.quick = quick
        self.rounds = 1 if quick else 5

    def codec(self, keep_memory=False):
        """The processor's seconds by name, a value a round, for this module and for CPython.

        What a program has freed before decides whether glibc gives memory back to the system, to get it anew in each round: the
        same texts took 4 or 6 ms to read. So each row has a program of its own, with glibc as it comes; or, with keep_memory,
        both sides keep what they have, except what CPython takes from arenas of its own."""
        sides = {'pyvent': {}, 'python': {}}
        for turn in range(self.rounds):
            print(f'Codec{", memory kept" if keep_memory else ""}, round {turn + 1} of {self.rounds}', flush=True)
            for pattern in self.codec_rows():
                for row in self.google('bench_codec', f'--benchmark_filter={pattern}', keep_memory=keep_memory):
                    sides['pyvent'].setdefault(row['name'], []).append(row['seconds'])
                    if 'CPython' in row:
                        sides['python'].setdefault(row['name'], []).append(row['CPython'])
        return sides

    def codec_rows(self):
        """A pattern for each program that is to run."""
        if self.quick:
            return ['.']
        names = subprocess.run([self.programs / 'bench_codec', '--benchmark_list_tests'], check=True, capture_output=True,
                               text=True).stdout.splitlines()
        return [f'^{name}$' for name in names if not name.endswith('/from CPython')]

    def guarantees(self):
        values = {}
        for _ in range(self.rounds):
            for row in self.google('bench_guarantees'):
                values.setdefault(row['name'], []).append(row['seconds'])
        return values

    def bus(self):
        peers = ['python'] + (PEERS if (self.programs / 'bench_peers').exists() else [])
        counts = ['--events', '2000', '--pings', '50', '--repeat', '1', '--watch', '1'] if self.quick else []
        out = self.folder / 'bus.json'
        self.call('bench_bus', '--peers', ','.join(peers), '--json', out, *counts)
        return json.loads(out.read_text())

    def google(self, program, *arguments, **options):
        """The rows of Google Benchmark, with the processor's "seconds" of each."""
        out = self.folder / 'google.json'
        least = '0.001' if self.quick else '0.3'
        self.call(program, f'--benchmark_min_time={least}', f'--benchmark_out={out}', '--benchmark_out_format=json',
                  *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        rows = json.loads(out.read_text())['benchmarks']
        failed = [row['name'] + ': ' + row['error_message'] for row in rows if row.get('error_occurred')]
        if failed:
            sys.exit('\n'.join(failed))
        unit = {'ns': 1e-9, 'us': 1e-6, 'ms': 1e-3, 's': 1}
        return [{**row, 'seconds': row['cpu_time'] * unit[row['time_unit']]} for row in rows]

    def call(self, program, *arguments, keep_memory=False, **options):
        # Qt warns where there is no such folder.
        environment = {'XDG_RUNTIME_DIR': str(self.folder), **os.environ}
        if self.quick:
            environment['PYVENT_BENCHMARKS_QUICK'] = '1'
        if keep_memory:
            environment |= {'MALLOC_TRIM_THRESHOLD_': str(256 << 20), 'MALLOC_MMAP_THRESHOLD_': str(32 << 20)}
        subprocess.run([self.programs / program, *arguments], check=True, env=environment, **options)


if __name__ == '__main__':
    main()
