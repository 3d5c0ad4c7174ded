# SPDX-License-Identifier: Apache-2.0
"""browser.py -- a visitor of the demo: cookies as a browser keeps them, any host name on loopback."""
import html
import http.client
import urllib.parse

DOMAIN = ".demo.localhost"


class Page:
    """One answer: status, headers, body; `text` is the body as a person reads it."""

    def __init__(self, response):
        self.status = response.status
        self.headers = [(name.lower(), value) for name, value in response.getheaders()]
        self.body = response.read().decode()
        self.text = html.unescape(self.body)

    def all(self, name):
        return [value for n, value in self.headers if n == name]

    def one(self, name):
        return ", ".join(self.all(name))


class Browser:
    def __init__(self, port):
        self.port = port
        self.cookies = {}  # (name, domain) -> value as sent; a domain with a dot is shared

    def host(self, site):
        return f"{site}{DOMAIN}"

    def cookie_header(self, site):
        host = self.host(site)
        return "; ".join(f"{name}={value}" for (name, domain), value in self.cookies.items()
                         if domain == host or domain.startswith(".") and host.endswith(domain))

    def keep(self, site, line):
        """RFC 6265 5.3, as far as the demo needs it."""
        pair, *attributes = [part.strip() for part in line.split(";")]
        name, _, value = pair.partition("=")
        attributes = {n.lower(): v for n, _, v in (a.partition("=") for a in attributes)}
        key = name, attributes.get("domain") or self.host(site)
        if attributes.get("max-age") == "0" or value == "deleted":
            self.cookies.pop(key, None)
        else:
            self.cookies[key] = value

    def open(self, site, path="/", form=None, headers=()):
        """One request, no redirect followed; a form makes it a POST."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {"Host": f"{self.host(site)}:{self.port}", **dict(headers)}
        if self.cookie_header(site):
            sent.setdefault("Cookie", self.cookie_header(site))
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request("POST" if body is not None else "GET", path, body, sent)
            page = Page(connection.getresponse())
        finally:
            connection.close()
        for line in page.all("set-cookie"):
            self.keep(site, line)
        return page
