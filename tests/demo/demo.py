# SPDX-License-Identifier: Apache-2.0
"""demo.py -- mod_moodlesso to try in a browser: a Drupal and a Moodle stand-in behind one httpd.

  demo.py           start, print what to open, stop at Ctrl-C
  demo.py --check   start on a free port, walk through everything over HTTP, stop
"""
import argparse
import os
import random
import signal
import socket
import sys
import time

import children
import folder
import installed
import walk

TEXT = """
mod_moodlesso is running: one httpd, and behind it a Drupal and a Moodle stand-in.

  Drupal        http://drupal.demo.localhost:{port}/
  Moodle        http://moodle.demo.localhost:{port}/
  Teams         http://teams.demo.localhost:{port}/     may show Moodle in a frame
  Foreign site  http://foreign.demo.localhost:{port}/   may not

Try this
  1  Open Moodle: nobody is known.
  2  Sign in at Drupal (the password of everybody is: demo).
  3  Open Moodle again: you are known, before PHP ran.
  4  See Variables, Members, Frames and Configuration there; sign out at Drupal, and reload.

  configuration  {folder}/moodle.conf
  logs           {folder}/error.log, php.log

Chrome, Edge and Firefox take *.localhost for the machine they run on. To look from another one, run
there: ssh -L {port}:127.0.0.1:{port} THIS-MACHINE

Ctrl-C stops everything.
"""

OTHERWISE = "DEMO_PORT={} make -f apxs.mk demo"


def read_options():
    parser = argparse.ArgumentParser(description="Try mod_moodlesso in a browser.")
    parser.add_argument("--check", action="store_true", help="walk through the demo on a free port and stop")
    parser.add_argument("--port", default=os.environ.get("DEMO_PORT") or "8080",
                        help="where to listen, on loopback (default: $DEMO_PORT, else 8080)")
    options = parser.parse_args()
    if not options.port.isdecimal() or not 0 < int(options.port) < 65536:
        raise SystemExit(f"{options.port} is no port: set DEMO_PORT to a number from 1 to 65535")
    return options.check, int(options.port)


def free_port():
    """Below those that Linux gives to whoever asks for any: nobody else takes it before httpd does."""
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port := random.randrange(12000, 32768)))
                return port
            except OSError:
                pass


def require_port(port):
    """Leave with a sentence when httpd could not listen there."""
    for family, address in [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")][:len(folder.addresses())]:
        with socket.socket(family) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as httpd does
            try:
                s.bind((address, port))
                s.listen()
            except PermissionError:
                raise SystemExit(f"port {port} is for root only; choose another: {OTHERWISE.format(8081)}") from None
            except OSError:
                other = OTHERWISE.format(port + 1 if port < 65535 else port - 1)
                raise SystemExit(f"port {port} is in use; stop what uses it, or choose another: {other}") from None


def interrupt(*_):
    raise KeyboardInterrupt


def catch_signals(handler):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def wait(started):
    """Until Ctrl-C, or until a child ends that should not."""
    while not (ended := children.first_ended(started)):
        time.sleep(0.2)
    raise SystemExit(ended.story())


def show(port, place, started):
    try:
        print(TEXT.format(port=port, folder=os.path.relpath(place)), flush=True)
        wait(started)
    except KeyboardInterrupt:
        catch_signals(signal.SIG_IGN)
    children.stop(started)
    print("\nStopped httpd and PHP-FPM.", flush=True)


def check(port, place, started):
    passed, failed = walk.walk(port, place)
    ended = children.first_ended(started)
    if ended:
        print(ended.story())
        failed += 1
    children.stop(started)
    return passed, failed


def run(is_check, port):
    """Answers (passed, failed) of a check, or zeros."""
    started, result = [], (0, 0)
    installed.require()
    require_port(port)
    try:
        place = folder.make(port)
        children.start(place, port, started)
        if is_check:
            result = check(port, place, started)
        else:
            show(port, place, started)
    finally:
        catch_signals(signal.SIG_IGN)
        children.stop(started)
    if result[1] == 0:
        folder.remove(port)
    return result


def main():
    is_check, port = read_options()
    if is_check:
        port = free_port()
    catch_signals(interrupt)
    try:
        passed, failed = run(is_check, port)
    except KeyboardInterrupt:
        raise SystemExit("stopped before it was done") from None
    except PermissionError:
        raise SystemExit("build/demo is of another account: remove it, or run as the owner of this checkout") from None
    except SystemExit as failure:
        if not is_check:
            raise
        print(failure)
        passed, failed = 0, 1
    if is_check:
        print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
