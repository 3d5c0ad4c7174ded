# SPDX-License-Identifier: Apache-2.0
"""load.py -- many clients at once."""
import threading


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
