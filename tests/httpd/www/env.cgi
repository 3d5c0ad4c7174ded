#!/usr/bin/env python3
# The same as env.php, through CGI.
import json
import os
import urllib.parse

query = dict(urllib.parse.parse_qsl(os.environ.get("QUERY_STRING", "")))
for name, value in json.loads(query.get("headers", "[]")):
    print(f"{name}: {value}")
if "status" in query:
    print(f"Status: {query['status']} x")
print("Content-Type: application/json\n")
names = [n for n in os.environ if "MOODLESSO" in n.upper() or n.upper() in ("REMOTE_USER", "AUTH_TYPE")
         or n.startswith(("HTTP_", "REDIRECT_", "DRUPAL"))]
print(json.dumps({"server": {n: os.environ[n] for n in names}, "uri": os.environ["REQUEST_URI"]}))
