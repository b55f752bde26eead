# SPDX-License-Identifier: MIT
"""check_documents.py lint MANUAL | manual PROGRAM MANUAL | bash PROGRAM SCRIPT | zsh PROGRAM SCRIPT

lint: the manual page is well-formed. manual, bash, zsh: the manual page, and what a shell completes, have exactly the
commands and options that the program's own help has. The shells are asked as a user asks them, with keys on a terminal.

Ends with 77, which CTest reports as skipped, where the tool for it is missing.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import tty

PATIENCE = 30  # seconds; only a failing test takes them

TAB, SHOW, CLEAR = '\t', '\x07', '\x15'
INSERT_ALL = {'bash': '\x1b*', 'zsh': '\x18'}  # the key that writes all completions into the line

BASH_STARTUP = r"""
PS1=
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
bind -x '"\C-g": printf "%s\n" "$READLINE_LINE" >&"$ANSWERS"'
. "$SCRIPT"
"""
ZSH_STARTUP = r"""
PS1=
unsetopt beep prompt_sp
fpath=("${SCRIPT:h}" $fpath)
autoload -Uz compinit
compinit -u -D
show() { print -r -u "$ANSWERS" -- "$BUFFER" }
zle -N show
bindkey -e
bindkey '^G' show
zle -C insert-all complete-word _generic
bindkey '^X' insert-all
zstyle ':completion:insert-all:*' insert yes
zstyle ':completion:insert-all::::' completer _all_matches _complete
"""


class Shell:
    """An interactive shell on a terminal of its own, that tells what its line is after some keys."""

    def __init__(self, name, program, script):
        self.name = name
        self.folder = tempfile.TemporaryDirectory()
        answers, answers_end = os.pipe()
        master, terminal = pty.openpty()
        tty.setraw(terminal)  # so that keys wait for the shell as they are
        startup = pathlib.Path(self.folder.name, '.zshrc' if name == 'zsh' else 'bashrc')
        startup.write_text(ZSH_STARTUP if name == 'zsh' else BASH_STARTUP, encoding='utf-8')
        command = ['zsh', '-i'] if name == 'zsh' else ['bash', '--rcfile', str(startup), '-i']
        environment = {'PATH': f'{pathlib.Path(program).parent}:{os.environ["PATH"]}', 'HOME': self.folder.name,
                       'ZDOTDIR': self.folder.name, 'INPUTRC': '/dev/null', 'TERM': 'xterm', 'LC_ALL': 'C.UTF-8',
                       'ANSWERS': str(answers_end), 'SCRIPT': script}
        self.process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment,
                                        pass_fds=[answers_end], start_new_session=True)
        os.close(terminal)
        os.close(answers_end)
        self.answers, self.master, self.shown = answers, master, b''
        threading.Thread(target=self._read_terminal, daemon=True).start()

    def _read_terminal(self):
        """A terminal that nobody reads would stop the shell."""
        try:
            while given := os.read(self.master, 65536):
                self.shown += given
        except OSError:
            pass

    def line_after(self, keys):
        os.write(self.master, (keys + SHOW + CLEAR).encode())
        answer = b''
        while not answer.endswith(b'\n'):
            if not select.select([self.answers], [], [], PATIENCE)[0]:
                sys.exit(f'{self.name} does not answer to {keys!r}; its terminal shows:\n'
                         + self.shown.decode(errors='replace'))
            given = os.read(self.answers, 4096)
            if not given:
                sys.exit(f'{self.name} ended:\n' + self.shown.decode(errors='replace'))
            answer += given
        return answer.decode()[:-1]

    def all_completions(self, line):
        """What the shell offers after the line, whose last word is the beginning of each."""
        before = line[:line.rfind(' ') + 1]
        return set(self.line_after(line + INSERT_ALL[self.name])[len(before):].split())

    def end(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.folder.cleanup()


def help_text(program, *words):
    return subprocess.run([program, *words, '--help'], check=True, capture_output=True, text=True,
                          timeout=PATIENCE).stdout


def options_in_help(text):
    """{'--port', …, '-q', '--quiet', …} and those of them that take a value."""
    options, with_value = set(), set()
    for names, value in re.findall(r'^  (-[-\w, ]*?)(?: (<\w+>))?(?:  |$)', text, re.MULTILINE):
        found = {name.strip() for name in names.split(',')}
        options |= found
        if value:
            with_value |= found
    return options, with_value


def read_help(program):
    """The common options, and each command's own."""
    text = help_text(program)
    common, _ = options_in_help(text)
    commands = re.findall(r'^  ([\w-]+) ', text[text.index('Commands:'):text.index('Options:')], re.MULTILINE)
    assert len(commands) >= 5 and '--port' in common and '-q' in common, text
    return common, {command: options_in_help(help_text(program, command))[0] - common for command in commands}


def compare(what, found, expected):
    for option in sorted(expected - found):
        print(f'{what}: {option} is missing; the program has it')
    for option in sorted(found - expected):
        print(f'{what}: {option} is there, and the program does not have it')
    return found == expected


def options_in_manual(text):
    """The options that each section explains, by the section's first word, and those of each command's synopsis."""
    explained, synopsis, section, command = {}, {}, '', ''
    for line in text.splitlines():
        words = line.split()
        if line.startswith(('.Sh ', '.Ss ')):
            section = ' '.join(words[1:]) if words[0] == '.Sh' else words[1]
            explained.setdefault(section, set())
        elif line.startswith('.It Fl '):
            explained[section] |= {'-' + word for word in line[len('.It Fl '):].replace(',', ' ').split()
                                   if word.startswith('-') or len(word) == 1 and 'Ar' not in words}
        elif section == 'SYNOPSIS' and line.startswith('.Cm '):
            command = words[1]
            synopsis.setdefault(command, set())
        elif section == 'SYNOPSIS':
            synopsis.get(command, set()).update('-' + name for name in re.findall(r'Fl (-[-\w]+)', line))
    return explained, synopsis


def check_manual(program, manual):
    common, commands = read_help(program)
    explained, synopsis = options_in_manual(pathlib.Path(manual).read_text(encoding='utf-8'))
    good = compare('COMMON OPTIONS', explained['COMMON OPTIONS'], common)
    good &= compare('SYNOPSIS', set(synopsis), set(commands))
    for command, options in commands.items():
        good &= compare(command, explained.get(command, set()), options)
        good &= compare(f'SYNOPSIS of {command}', synopsis.get(command, set()), options)
    return good


def check_completion(name, program, script):
    common, commands = read_help(program)
    shell = Shell(name, program, script)
    try:
        good = compare('pyvent', shell.all_completions('pyvent '), set(commands))
        good &= compare('pyvent -', plain(shell.all_completions('pyvent -')), common)
        for command, options in commands.items():
            word = '' if command in ('bench', 'help', 'nodes', 'serve') else 'x '
            for line in (f'pyvent {command} -', f'pyvent --port 50020 -q {command} {word}-'):
                good &= compare(line, plain(shell.all_completions(line)), options | common)
        good &= compare('pyvent help', shell.all_completions('pyvent help '), set(commands))
        good &= compare('--color', shell.all_completions('pyvent listen --color '), {'auto', 'always', 'never'})
        for line, completed in (('pyvent lis', 'pyvent listen '),
                                ('pyvent --id=kitchen se', 'pyvent --id=kitchen se'),
                                ('pyvent bench --ev', 'pyvent bench --events'),
                                ('pyvent listen --color=al', 'pyvent listen --color=always '),
                                ('pyvent send --sender l', 'pyvent send --sender l'),
                                ('pyvent send x f', 'pyvent send x f')):
            after = shell.line_after(line + TAB)
            if after.rstrip(' =') != completed.rstrip():
                print(f'{line!r} and the tabulator make {after!r}, not {completed!r}')
                good = False
    finally:
        shell.end()
    return good


def plain(options):
    """zsh writes --port= where a value follows."""
    return {option.rstrip('=') for option in options}


def lint(manual):
    good = True
    tools = [(['mandoc', '-Tlint', '-W', 'warning', manual], {}),
             (['man', '--warnings', '--local-file', manual], {'MANWIDTH': '80', 'LC_ALL': 'C.UTF-8'})]
    present = [(command, extra) for command, extra in tools if shutil.which(command[0])]
    if not present:
        skip('neither mandoc nor man is here (Debian: apt-get install mandoc)')
    for command, extra in present:
        result = subprocess.run(command, env=dict(os.environ, **extra), capture_output=True, text=True,
                                timeout=PATIENCE)
        complaints = result.stderr + (result.stdout if command[0] == 'mandoc' else '')
        if result.returncode or complaints:
            print(f'{" ".join(command)} ends with {result.returncode}:\n{complaints}')
            good = False
    return good


def skip(reason):
    print('Skipped: ' + reason + '.')
    sys.exit(77)


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    what, *arguments = sys.argv[1:]
    if what in INSERT_ALL and not shutil.which(what):
        skip(f'{what} is not here (Debian: apt-get install {what})')
    checks = {'lint': lint, 'manual': check_manual, 'bash': check_completion, 'zsh': check_completion}
    if what in INSERT_ALL:
        arguments.insert(0, what)
    sys.exit(0 if checks[what](*arguments) else 1)
