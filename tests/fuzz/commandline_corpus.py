# SPDX-License-Identifier: MIT
"""commandline_corpus.py FOLDER: command lines, good and bad ones, for the fuzzer to begin with."""
import pathlib
import sys

LINES = [
    ['send', 'order-food', 'food=sushi', 'count:=3', 'x:={"$type":"set","value":[1]}', 'empty='],
    ['--port', '5000', '--address=kitchen', 'send', '--count', '3', '--interval=0.5', '--sender', 'S', 'order', 'a=b=c'],
    ['send', '--from-json', '-', '--timeout', '1e3', '--wait-for-receivers', '-q'],
    ['listen', 'order-*', '**', '--json', '--color=never', '--count=7', '--timeout', '0.25', '--sender', 'x'],
    ['wait', 'order', '--timeout=2000000', '--json'],
    ['serve', '--local-access', 'group:users', '--no-lane', '--port=65534'],
    ['nodes', '--json', '--no-server', '--id', 'k', '--local-access=ada,bob'],
    ['bridge', 'nats://a:1,nats://b', '--prefix', 'p.q', '--names=a*', '--spool-size', '9', '--keep=1', '--metrics', '0', 'b'],
    ['bench', '--events', '10000', '--size', '100', '--timeout', '3', '--json'],
    ['check-rules', 'rules', '--allow', 'keys', '--json'],
    ['help', 'send'], ['--help'], ['-v'], ['send', '--help'], ['sned', 'order'], ['send', '--cuont', '3', 'order'],
    ['send', '-json'], ['send', '--', '--not-an-option', '=x'], ['--colour', 'listen'], ['send', 'x', 'a=1', 'a=2'],
    ['listen', '--timeout', 'nan'], ['listen', '--timeout', '-1'], ['listen', '--count', '99999999999999999999'],
    ['serve', '--port', '0x10'], ['serve', '--local-access', ','], ['send', 'x', 'a:=[1,'], [''], ['send', '-'],
    ['send', 'é🍣', 'ä=ö'],
]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for index, line in enumerate(LINES):
        (folder / f'{index:02}').write_bytes('\0'.join(line).encode())
    (folder / 'not-utf8').write_bytes(b'send\nx\n\xff=\xfe')


main(pathlib.Path(sys.argv[1]))
