# SPDX-License-Identifier: MIT
"""plain_nats.py PORT publish SUBJECT TEXT | PORT listen SUBJECT: a program of NATS that knows nothing of Pyvent.

It speaks NATS' protocol over a plain socket, for tests; https://docs.nats.io/reference/reference-protocols/nats-protocol
has it. What it hears it prints as the subject, a space and the content.
"""
import socket
import sys


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.stream = self.socket.makefile('rb')
        assert self.stream.readline().startswith(b'INFO ')
        self.write(b'CONNECT {"verbose":false,"headers":true,"lang":"python"}\r\n')

    def write(self, text):
        self.socket.sendall(text)

    def wait_until_taken(self):
        self.write(b'PING\r\n')
        while not (line := self.stream.readline()).startswith(b'PONG'):
            if not line or line.startswith(b'-ERR'):
                sys.exit(f'the server says {line!r}')

    def publish(self, subject, content):
        self.write(b'PUB %s %d\r\n%s\r\n' % (subject, len(content), content))
        self.wait_until_taken()

    def listen(self, subject):
        self.write(b'SUB %s 1\r\n' % subject)
        self.wait_until_taken()
        print('listening', flush=True)
        while words := self.stream.readline().split():
            if words[0] == b'PING':
                self.write(b'PONG\r\n')
            elif words[0] in (b'MSG', b'HMSG'):
                message = self.stream.read(int(words[-1]) + 2)[:-2]
                headers = int(words[-2]) if words[0] == b'HMSG' else 0
                print(words[1].decode(), message[headers:].decode(), flush=True)


connection = Connection(int(sys.argv[1]))
getattr(connection, sys.argv[2])(*(word.encode() for word in sys.argv[3:]))
