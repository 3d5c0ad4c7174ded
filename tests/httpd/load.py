# SPDX-License-Identifier: Apache-2.0
"""load.py -- many clients at once."""
import ipaddress
import socket
import threading

import env


def at_once(count, do):
    """Call do(i) in `count` threads that start together; the results in order."""
    results, barrier = [None] * count, threading.Barrier(count)

    def one(i):
        barrier.wait()
        try:
            results[i] = do(i)
        except Exception as e:
            results[i] = e

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


class Load:
    """Call do() over and over in `count` threads until stopped; what it returned, counted."""

    def __init__(self, count, do):
        self.stopping, self.seen, self.lock = threading.Event(), {}, threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(do,)) for _ in range(count)]
        for t in self.threads:
            t.start()

    def run(self, do):
        while not self.stopping.is_set():
            try:
                result = do()
            except Exception as e:
                result = repr(e)
            with self.lock:
                self.seen[result] = self.seen.get(result, 0) + 1

    def stop(self):
        self.stopping.set()
        for t in self.threads:
            t.join()
        return self.seen


class Line:
    """A connection that is kept, from the loopback address of a number; http.client would cost more than the server."""

    def __init__(self, port, number):
        address = str(ipaddress.ip_address("127.1.0.0") + number)
        self.socket = socket.create_connection(("127.0.0.1", port), env.PATIENCE, (address, 0))
        self.read = b""

    def ask(self, method, path, headers, body):
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        fields = [tuple(line.split(": ", 1)) for line in lines[1:]]
        answer = env.Answer(int(lines[0].split()[1]), fields, "")
        answer.body = self.take(int(answer.one("Content-Length"))).decode()
        return answer

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise ConnectionError("closed")
        self.read += got

    def until(self, mark):
        while mark not in self.read:
            self.more()
        head, _, self.read = self.read.partition(mark)
        return head

    def take(self, length):
        while len(self.read) < length:
            self.more()
        taken, self.read = self.read[:length], self.read[length:]
        return taken

    def close(self):
        self.socket.close()
