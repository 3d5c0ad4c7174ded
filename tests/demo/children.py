# SPDX-License-Identifier: Apache-2.0
"""children.py -- the processes of the demo: started, watched, stopped by their process id."""
import http.client
import os
import signal
import socket
import subprocess
import time

import installed

PATIENCE = 20
LINES = 15


class Child:
    """A server we started. It ends with us, even if we are killed."""

    def __init__(self, name, args, log):
        self.name, self.path = name, log
        with open(log, "ab") as out:
            # httpd signals its whole process group when it stops, so that is one of its own
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *args], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, start_new_session=True)

    def has_ended(self):
        """Looks only: until stop() takes note, nobody else can get its process id."""
        seen = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self.process.returncode is not None or os.waitid(os.P_PID, self.process.pid, seen) is not None

    def stop(self):
        """Workers can outlive a master that crashed: end what is left of its process group."""
        if self.process.returncode is not None:
            return
        if not self.has_ended():
            self.process.terminate()
        end = time.monotonic() + PATIENCE
        while not self.has_ended() and time.monotonic() < end:
            time.sleep(0.02)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def story(self):
        """How it ended, and the end of its log."""
        self.stop()
        status = self.process.returncode
        how = f"was ended by signal {-status}" if status < 0 else f"ended by itself with status {status}"
        lines = self.path.read_text(errors="replace").splitlines()[-LINES:]
        return "\n  ".join([f"{self.name} {how}; the last lines of {self.path}:", *lines])


def accepts(path):
    """Does somebody listen on this unix socket?"""
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(str(path)) == 0


def answers(port):
    """Does httpd serve already? It accepts connections before its signal handlers are set."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().status == 302
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for(child, is_ready):
    """Return once the child is ready; its story is the failure."""
    end = time.monotonic() + PATIENCE
    while not is_ready():
        if child.has_ended():
            raise SystemExit(child.story())
        if time.monotonic() > end:
            raise SystemExit(f"{child.name} is not ready after {PATIENCE} seconds; see {child.path}")
        time.sleep(0.02)


def start(folder, port, children):
    """Start PHP-FPM and httpd; each is in `children` as soon as it exists."""
    children.append(Child("PHP-FPM", [installed.php_fpm(), "-F", "-y", str(folder / "php-fpm.conf")],
                          folder / "php.log"))
    children.append(Child("httpd", [installed.httpd(), "-DFOREGROUND", "-f", str(folder / "httpd.conf")],
                          folder / "error.log"))
    wait_for(children[0], lambda: accepts(folder / "fpm.sock"))
    wait_for(children[1], lambda: answers(port))


def first_ended(children):
    return next((child for child in children if child.has_ended()), None)


def stop(children):
    """httpd first: it talks to PHP-FPM."""
    while children:
        children.pop().stop()
