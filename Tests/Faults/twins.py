"""A gateway in front of two, which gives both of them every order, at once."""

import concurrent.futures
import contextlib
import http.server
import json
import threading
import time
import urllib.error
import urllib.request

PASSED_ON = (
    "Accept", "Content-Type", "Range", "If-Range", "Tributary-Submission",
    "Tributary-Creation-Bytes",
)
PIECE_BYTES = 1 << 16
# What a gateway says that has not read as much of the log as the other, and how long it may take.
BEHIND, BEHIND_SECONDS = {"unknownTask", "notRegistered", "futureVersion", "notCommitted", "wrongSeal"}, 60


class Twins(http.server.ThreadingHTTPServer):
    """Where it listens, and what both gateways answered to each order: two pairs of a status and a body."""

    daemon_threads = True

    def __init__(self, gateways: list[str]):
        super().__init__(("127.0.0.1", 0), Handler)
        self.gateways, self.answers = gateways, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.pool = concurrent.futures.ThreadPoolExecutor(16)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.pool.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def ask(self, gateway: str, body: bytes | None = None):
        headers = {name: self.headers[name] for name in PASSED_ON if self.headers[name]}
        try:
            request = urllib.request.Request(gateway + self.path, data=body, headers=headers)
            return urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            return error

    def order(self, gateway: str, body: bytes):
        """Asks again, as contributors do, while a gateway has not read what the other one has."""
        deadline = time.monotonic() + BEHIND_SECONDS
        while True:
            with self.ask(gateway, body) as answer:
                found = answer.status, answer.read(), answer.headers["Content-Type"]
            is_behind = found[0] >= 400 and json.loads(found[1])["code"] in BEHIND
            if not is_behind or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        orders = [self.server.pool.submit(self.order, gateway, body) for gateway in self.server.gateways]
        answers = [order.result() for order in orders]
        self.server.answers.append([answer[:2] for answer in answers])
        status, body, kind = answers[len(self.server.answers) % 2]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """Passes an answer on as it comes: events go on for as long as somebody listens."""
        self.close_connection = True
        with contextlib.suppress(OSError), self.ask(self.server.gateways[0]) as answer:
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Range", "Content-Length"):
                if answer.headers[name]:
                    self.send_header(name, answer.headers[name])
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read1(PIECE_BYTES):
                self.wfile.write(piece)
                self.wfile.flush()

    def log_message(self, *_):
        pass
