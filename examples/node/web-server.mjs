#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// A web server in a sandbox, opened from this host.
//
//     web-server.mjs [--stay]
//
// The sandbox has no network: exposeHttp() listens at 127.0.0.1 here and leads each connection to
// the server's port in there. --stay keeps it up for a look with a browser, until Ctrl-C.
import { createInterface } from "node:readline";
import { Sandbox } from "libsandbox";

const SERVER = `
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
`;

const sandbox = await Sandbox.create();
try {
  await sandbox.fs.writeTextFile("server.py", SERVER);
  const server = await sandbox.spawn("python3", { args: ["server.py"], stderr: "null" });
  if (!(await sandbox.waitPort(8000, { timeout: "120s" }))) throw new Error("the server did not come up");
  const url = `${await sandbox.exposeHttp({ port: 8000 })}/from-outside`;
  const answer = await fetch(url);
  console.log(`${url} answers ${answer.status}: ${await answer.text()}`);
  for await (const line of createInterface({ input: server.node.stdout })) {
    console.log(`the server's log: ${line}`);
    break;
  }
  if (process.argv.includes("--stay")) await server.status;
} finally {
  await sandbox.close();
}
