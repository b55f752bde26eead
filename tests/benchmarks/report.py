# SPDX-License-Identifier: MIT
"""Makes tables and plots of what measure.py has measured.

report.py RESULTS [README] makes them again from results.json in the folder RESULTS.
"""
import json
import pathlib
import re
import statistics
import sys

import plot

NAMES = {'bare': 'ZeroMQ alone', 'unix': 'a bare relay over Unix sockets', 'bus': 'Pyvent for Qt',
         'tcp': 'Pyvent for Qt, nodes by TCP', 'dbus': 'Qt D-Bus', 'remoteobjects': 'Qt Remote Objects',
         'mosquitto': 'Mosquitto, QoS 0', 'python': 'Pyvent for Python', 'application': 'a bare QCoreApplication'}
LARGE = {'integers': '100,000 integers', 'floats': '100,000 floats', 'texts': '100,000 texts',
         'records': '10,000 maps of 3', 'map': 'a map of 100,000', 'ascii': 'ASCII, 4 MiB', 'umlauts': 'German, 4 MiB',
         'kanji': 'Japanese, 4 MiB', 'bytes': 'bytes, 4 MiB'}
BEGIN, END = '<!-- benchmarks: written by tests/benchmarks/run -->', '<!-- end of benchmarks -->'


def files(results):
    """The contents of each file that belongs beside results.json."""
    figures = results['bus']['figures']
    return {
        'table.md': '<!-- SPDX-License-Identifier: MIT -->\n' + '\n\n'.join(
            f'{heading}\n\n{table(results)}' for heading, table in [
                (about(results), goals), ('## Beside others', peers), ('## Large values', large),
                ('## What the guarantee costs', guarantees), ("## The processor's time of an event", processors)]) + '\n',
        'events.svg': plot.bars('Events per second, 3 arguments', bars(figures['events'])),
        'roundtrip.svg': plot.bars('Round trip in µs, median and 99 %',
                                   bars(figures['roundTripMedian'], figures['roundTrip99'])),
    }


def in_readme(text, results):
    """The README with the plots and tables between the two marks."""
    plots = [f'![{text}](tests/benchmarks/results/{name}.svg)'
             for name, text in (('events', 'Events per second'), ('roundtrip', 'Round trip'))]
    section = '\n\n'.join([about(results), *plots, peers(results), goals(results),
                           '[More tables](tests/benchmarks/results/table.md): large values, what a guarantee costs, and in '
                           'which process the time goes.'])
    pattern = re.escape(BEGIN) + '.*' + re.escape(END)
    if not re.search(pattern, text, re.DOTALL):
        sys.exit(f'The README has no lines {BEGIN} and {END}.')
    return re.sub(pattern, lambda _: f'{BEGIN}\n{section}\n{END}', text, flags=re.DOTALL)


def about(results):
    machine, bus = results['machine'], results['bus']
    return (f'{machine["processor"]}, {machine["cores"]} cores, Linux {machine["kernel"]}, CPython {machine["python"]}; '
            f'{bus["events"]:,} events and {bus["pings"]:,} round trips, {bus["repeat"]} times by turns: '
            'median (minimum to maximum).')


# Tables

def goals(results):
    rows = [['what', 'at least', 'aim', 'measured', 'reached']]
    for what, measured, unit, goal, aim in goal_rows(results):
        rows.append([what, said(goal, unit), said(aim, unit) if aim else '', spread(measured, unit),
                     reached(measured, unit, goal, aim)])
    return markdown(rows)


def goal_rows(results):
    """What, the values, their unit, what is wanted at least, and the aim; None where both sides can only be equal."""
    figures, codec = results['bus']['figures'], results['codec']

    def values(key, side='bus'):
        return figures[key]['sides'][side]['values']

    def to_bare(key, side='bus'):
        return figures[key]['toBare'][side]['values']

    ours, pythons = codec['pyvent'], codec['python']
    speeds = factors(codec)
    copies = {way: speeds.pop(f'{way}/bytes') for way in ('write', 'read')}
    slowest = min(speeds, key=lambda name: statistics.median(speeds[name]))
    more, less = '× or more', '× or less'
    rows = [
        ('events/s, 3 arguments, to bare ZeroMQ', to_bare('events'), more, 1.3, 2),
        ('the same, nodes by TCP', to_bare('events', 'tcp'), more, 0.9, 1.2),
        ("events/s of Python nodes, at this module's server to Python's",
         quotients(values('pythonSends', 'mixed'), values('pythonSends', 'python')), more, 1, 1.3),
        ('round trip, median, to a bare relay over Unix sockets',
         quotients(values('roundTripMedian'), values('roundTripMedian', 'unix')), less, 2, 1.4),
        ('round trip, 99 %, to the same', quotients(values('roundTrip99'), values('roundTrip99', 'unix')), less, 4, 2),
        ('round trip, median, to the same, all processes on one processor',
         quotients(values('roundTripOneProcessor'), values('roundTripOneProcessor', 'unix')), less, 2, 1.4),
        ('wake-ups of threads in a round trip, all processes', values('roundTripWakeUps'), 'or less', 6, 4),
        ('writing a 3-argument event, to C pickle', quotients(ours['write/event'], pythons['write/event']), less, 0.5, 0.25),
        ('reading one, to making its map by hand', quotients(ours['read/event'], ours['makeByHand']), less, 1.5, 1.15),
        ("looking at one for Python's nodes, to reading it", quotients(ours['scan/event'], ours['read/event']), less, 1, 0.5),
        (f'large containers and texts, speed to C pickle; the slowest: {slowest}', speeds[slowest], more, 1, 3),
        ('writing 4 MiB of bytes', copies['write'], more, 1, 3),
        ('reading them: one copy on both sides', copies['read'], more, 1, None),
        ('payloads of 1 KiB, bytes/s to bare ZeroMQ', to_bare('payload1KiB'), more, 0.7, 0.9),
        ('payloads of 64 KiB', to_bare('payload64KiB'), more, 0.7, 0.9),
        ('payloads of 4 MiB', to_bare('payload4MiB'), more, 2, 4),
        ('64 receiving nodes, events/s to bare ZeroMQ', to_bare('fanOut'), more, 1.5, 3),
        ('events/s with 100,000 handlers for other names, to without',
         quotients(values('handlers'), values('events')), more, 0.9, 1),
        ('an event that a node does not hear, its processor\'s time', values('unwanted'), 'ns or less', 100, 10),
        ('idle node, of one core', values('idleCpu'), '% or less', 0.1, 0.02),
        ('idle node, wake-ups a second, of all its threads', values('idleWakeUps'), 'or less', 10, 5),
        ('kill -9 of the server to events heard by all again', values('takeOver'), 'ms or less', 10, 5),
        ('process start to first event heard', values('start'), 'ms or less', 60, 30),
        ('memory of a node over a bare QCoreApplication', values('memoryResident'), 'MiB or less', 8, 4),
        ('memory of a server with 100 idle nodes, over the same', values('relayMemory'), 'MiB or less', 8, 4),
    ]
    if 'window99' in figures:
        rows.append(("a flooded window's 16 ms timer is late, 99 %", values('window99'), 'ms or less', 10, 4))
        rows.append(('events/s that it hears meanwhile', values('windowEvents'), 'or more', 190_000, 200_000))
    return rows


def peers(results):
    figures = results['bus']['figures']
    rows = [['', 'events/s', 'round trip, µs', '99 %']]
    for side in NAMES:
        if side in figures['roundTripMedian']['sides']:
            rows.append([NAMES[side]] + [spread(figures[key]['sides'][side]['values'], '')
                                         if side in figures[key]['sides'] else ''
                                         for key in ('events', 'roundTripMedian', 'roundTrip99')])
    return markdown(rows)


def large(results):
    rows = [['speed to C pickle', 'writing', 'reading', 'writing, memory kept', 'reading, memory kept']]
    for name, text in LARGE.items():
        rows.append([text] + [spread(factors(results[codec])[f'{way}/{name}'], '×')
                              for codec in ('codec', 'keptCodec') for way in ('write', 'read')])
    return markdown(rows) + (
        '\n\nBoth sides make a new value or a new pickle each time, with glibc as it comes: that is what a program gets. C pickle '
        'then has to\nget the memory of most large pickles anew from the system, and that of many small objects, unless modules that '
        'were imported before\nleave it some: with more of them, maps of 3 were 0.99 × here. In the columns on the right glibc is told '
        'to keep memory. What is\nleft is the work itself, where ASCII and German are half as long in CPython\'s memory as in a '
        'QString\'s.')


def guarantees(results):
    figures, codec, parts = results['bus']['figures'], results['codec']['pyvent'], results['guarantees']

    def nanoseconds(seconds):
        return spread([1e9 * value for value in seconds], 'ns')

    def cpu(side):
        keys = ('cpuSender', 'cpuServer', 'cpuReceiver')
        return [sum(of) for of in zip(*(figures[key]['sides'][side]['values'] for key in keys))]

    rows = [
        ['of an event', ''],
        ['an acknowledgement, in bare ZeroMQ: all three processes',
         spread([1000 * (with_it - without) for with_it, without in zip(cpu('bare'), cpu('unacknowledged'))], 'ns')],
        ['its trailer: the sender', nanoseconds(parts['guarantee/trailer'])],
        ['its number, and the copy that is kept to send it again: the sender', nanoseconds(parts['guarantee/keep'])],
        ['whether it is the next one: each receiver', nanoseconds(parts['guarantee/follow'])],
        ['to compare: writing its 3 arguments', nanoseconds(codec['write/event'])],
        ['to compare: reading them into a map', nanoseconds(codec['read/event'])],
        ['to compare: calling its handler, of 1', nanoseconds(parts['dispatch/handlers/1'])],
        ['to compare: calling its handler, of 100,000', nanoseconds(parts['dispatch/handlers/100000'])],
    ]
    return markdown(rows)


def processors(results):
    figures = results['bus']['figures']
    rows = [['µs', NAMES['bare'], NAMES['bus']]]
    for key, text in (('cpuSender', 'sender'), ('cpuServer', 'server'), ('cpuReceiver', 'receiver')):
        rows.append([text] + [spread(figures[key]['sides'][side]['values'], '') for side in ('bare', 'bus')])
    return markdown(rows)


# Values

def quotients(numerators, denominators):
    return [one / other for one, other in zip(numerators, denominators)]


def factors(codec):
    """How much faster than C pickle the large values are, by name."""
    return {name: quotients(codec['python'][name], codec['pyvent'][name])
            for large_value in LARGE for name in (f'write/{large_value}', f'read/{large_value}')}


def reached(measured, unit, goal, aim):
    median = statistics.median(measured)

    def is_good(wanted):
        return median >= wanted if 'more' in unit else median <= wanted

    if aim is None:
        return 'equal' if min(measured) <= goal <= max(measured) else 'goal' if is_good(goal) else 'no'
    return 'aim' if is_good(aim) else 'goal' if is_good(goal) else 'no'


def number(value):
    if abs(value) >= 100:
        return f'{value:,.0f}'
    return f'{value:.1f}' if abs(value) >= 10 else f'{value:.2f}' if abs(value) >= 0.1 else f'{value:.3f}'


def said(value, unit):
    return f'{value:,g} {unit.removesuffix("or more").removesuffix("or less").strip()}'.strip()


def spread(values, unit):
    unit = unit.removesuffix('or more').removesuffix('or less').strip()
    middle = f'{number(statistics.median(values))} {unit}'.strip()
    return middle if len(values) == 1 else f'{middle} ({number(min(values))} to {number(max(values))})'


def markdown(rows):
    lines = ['| ' + ' | '.join(row) + ' |' for row in rows]
    return '\n'.join([lines[0], '|' + '---|' * len(rows[0]), *lines[1:]])


def bars(figure, upper=None):
    """For plot.bars(): the median, and the range up to the other figure's median if there is one."""
    rows = []
    for side, name in NAMES.items():
        if side not in figure['sides']:
            continue
        here = figure['sides'][side]
        span = (here['median'], upper['sides'][side]['median']) if upper else (here['minimum'], here['maximum'])
        rows.append(plot.Bar(name, here['median'], *span, side == 'bus'))
    return rows


def main():
    folder = pathlib.Path(sys.argv[1])
    results = json.loads((folder / 'results.json').read_text(encoding='utf-8'))
    for name, text in files(results).items():
        (folder / name).write_text(text, encoding='utf-8')
    for readme in map(pathlib.Path, sys.argv[2:]):
        readme.write_text(in_readme(readme.read_text(encoding='utf-8'), results), encoding='utf-8')


if __name__ == '__main__':
    main()
