# SPDX-License-Identifier: MIT
"""Plots as SVG, without further packages."""
import collections
import html

# What a bar is called, how long it is, from where to where its thin line goes, and whether it is the one to look at.
Bar = collections.namedtuple('Bar', 'name value low high is_ours')

WIDTH, LEFT, RIGHT = 720, 170, 90
TOP, PITCH, THICK = 52, 34, 18
OURS, OTHERS, INK, FAINT, LINE = '#1f6feb', '#b6bec9', '#1f2328', '#59636e', '#424a53'
FONT = 'font-family="system-ui, sans-serif"'


def bars(title, rows):
    longest = max(max(row.value, row.high) for row in rows)
    height = TOP + PITCH * len(rows) + 8

    def x(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / longest

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" {FONT}'
        f' font-size="13">',
        f'<title>{html.escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        f'<text x="16" y="30" font-size="15" font-weight="600" fill="{INK}">{html.escape(title)}</text>',
    ]
    for i, row in enumerate(rows):
        top = TOP + PITCH * i
        middle = top + THICK / 2
        weight = ' font-weight="600"' if row.is_ours else ''
        lines += [
            f'<text x="{LEFT - 10}" y="{middle + 4.5:.1f}" text-anchor="end" fill="{INK}"{weight}>'
            f'{html.escape(row.name)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{x(row.value) - LEFT:.1f}" height="{THICK}" rx="2"'
            f' fill="{OURS if row.is_ours else OTHERS}"/>',
            f'<path d="M{x(row.low):.1f} {middle}H{x(row.high):.1f}M{x(row.high):.1f} {middle - 4}v8" stroke="{LINE}"'
            f' stroke-width="1.5" fill="none"/>',
            f'<text x="{max(x(row.value), x(row.high)) + 8:.1f}" y="{middle + 4.5:.1f}" fill="{INK if row.is_ours else FAINT}"'
            f'{weight}>{row.value:,.0f}</text>',
        ]
    return '\n'.join([*lines, '</svg>']) + '\n'
