# SPDX-License-Identifier: MIT
"""scanner_corpus.py FOLDER: pickles that do harm and that do none, for the fuzzer to begin with."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'unit' / 'pickle'))
import scanneroracle  # noqa: E402


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, values in (('harmless', scanneroracle.harmless_values()), ('harmful', scanneroracle.harmful_values())):
        for name, value in values.items():
            for way, data in scanneroracle.ways(value):
                (folder / f'{kind} {name}, {way}').write_bytes(data)


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
