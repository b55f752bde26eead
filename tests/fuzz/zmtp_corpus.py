# SPDX-License-Identifier: MIT
"""zmtp_corpus.py FOLDER: what ZeroMQ's own sockets send a server, for the fuzzer to begin with."""
import pathlib
import socket
import sys
import threading
import time

import zmq

REQUESTS, EVENTS = b'\1', b'\0'


def recorded(kind, talk):
    """What a socket of libzmq's writes to a server that says no more than it must."""
    greeting = b'\xff' + bytes(8) + b'\x7f\3\1NULL' + bytes(16) + bytes(32)
    kind_of_server = b'PUB' if kind in (zmq.SUB, zmq.XSUB) else b'ROUTER'
    body = b'\5READY\x0bSocket-Type' + len(kind_of_server).to_bytes(4, 'big') + kind_of_server
    listener = socket.create_server(('127.0.0.1', 0))
    written = bytearray()

    def serve():
        connection, _ = listener.accept()
        connection.sendall(greeting + bytes([4, len(body)]) + body)
        connection.settimeout(5)
        try:
            while True:
                data = connection.recv(65536)
                if not data:
                    break
                written.extend(data)
        except TimeoutError:
            pass
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    context = zmq.Context()
    client = context.socket(kind)
    client.linger = 1000
    client.set(zmq.HEARTBEAT_IVL, 100)
    client.connect('tcp://127.0.0.1:%d' % listener.getsockname()[1])
    talk(client)
    size = -1
    while size != len(written) or size < 70:
        size = len(written)
        time.sleep(0.15)
    client.close()
    context.term()
    thread.join()
    listener.close()
    return bytes(written)


def request(client):
    client.send(b'order }.')


def dealer(client):
    client.send_multipart([b'', b'order }.'])
    client.send_multipart([b'', b'food ' + b'x' * 300])
    client.send_multipart([b'', b'large ' + b'x' * 20000])
    client.send_multipart([b'\2batch', b'\7\0\0\0order .\0\0\0\0\3\0\0\0a .'])
    client.send_multipart([b'x'] * 5)


def subscriber(client):
    for prefix in (b'order ', b'order-food ', b''):
        client.setsockopt(zmq.SUBSCRIBE, prefix)
    client.setsockopt(zmq.UNSUBSCRIBE, b'order ')


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, port, kind, talk in (('req', REQUESTS, zmq.REQ, request), ('dealer', REQUESTS, zmq.DEALER, dealer),
                                   ('sub', EVENTS, zmq.SUB, subscriber)):
        (folder / name).write_bytes(port + recorded(kind, talk))
    sub = (folder / 'sub').read_bytes()
    (folder / 'sub-3.0').write_bytes(sub[:12] + b'\0' + sub[13:65] + sub[65:] + b'\0\7\1order \0\7\0order ')


main(pathlib.Path(sys.argv[1]))
