# SPDX-License-Identifier: MIT
"""rules_corpus.py FOLDER: files of rules, good and bad ones, for the fuzzer to begin with."""
import pathlib
import sys

KEY = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'

CASES = {
    'example': f'''# who            what         names
allow user ada       send, hear   oven.*  door
allow key  kitchen   hear         **
deny  user *         send         admin.*
allow key  bridge    send, hear, speak-for-others   **
allow key  "{KEY}"   hear         oven.?
allow user 1000      send         a*b?c*
allow user root      anything
deny  anyone anything
''',
    'quoted': r'''allow user "a b" send "hear" "a," "#x" "\"q\\"
allow key "#1" anything "é*" # comment
''',
    'crlf': 'allow anyone send a b\r\n\r\ndeny anyone hear ?\r\n',
    'byte-order-mark': '\ufeffallow anyone send a',
    'hidden': 'allow user * send a*\nallow user * send *a\ndeny user ada send a b*a\nallow user ada hear,send ?a\n',
    'together': 'deny anyone hear ?\ndeny anyone hear ??*\nallow anyone hear *\n',
    'stars': 'allow anyone send *a*a*b*a*\ndeny anyone send *a??????\ndeny anyone send *b??????\n'
             'allow anyone send *a*b*\n',
    'mistakes': 'alow user ada send x\nallow user\nallow user ada\nallow user ada sned x\nallow user ada send\n'
                'allow user ada send hear x\nallow user ada send a, b\nallow usr ada send a\nallow user ada send "a\n'
                'allow user ada send "a"b\nallow user 4294967295 send a\nallow user a* send a\nallow\n'
                'allow user ada send __x\nallow user ada send,, ,hear x\n',
}
RAW = {'not-utf8': b'allow user ada send \xff\xfe\n', 'control': b'allow user ada send a\x01b\n', 'empty': b''}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in CASES.items():
        (folder / name).write_bytes(text.encode())
    for name, content in RAW.items():
        (folder / name).write_bytes(content)


main(pathlib.Path(sys.argv[1]))
