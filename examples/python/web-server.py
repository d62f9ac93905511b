#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A web server in a sandbox, opened from this host.

    web-server.py [--stay]

The sandbox has no network: a forward listens at 127.0.0.1 here and leads each connection to the
server's port in there. --stay keeps it up for a look with a browser, until Ctrl-C.
"""
import sys
import urllib.request

from libsandbox import Sandbox

SERVER = '''
import http.server, json, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"path": self.path, "host": os.uname().nodename}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        print(self.requestline, flush=True)

http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
'''


def main():
    with Sandbox.create() as sandbox:
        sandbox.fs.write_text("server.py", SERVER)
        with sandbox.spawn("python3", "server.py", stderr="null") as server:
            if not sandbox.wait_port(8000, timeout="120s"):
                sys.exit("the server did not come up")
            with sandbox.forward(8000) as forward:
                url = f"http://{forward.address}/from-outside"
                with urllib.request.urlopen(url, timeout=60) as answer:
                    print(f"{url} answers {answer.status}: {answer.read().decode()}")
                print("the server's log:", server.stdout.readline().decode().strip())
                if "--stay" in sys.argv:
                    server.wait()


main()
