"""Programs that serve until they are told to stop, and a gateway that lies."""

import contextlib
import http.server
import pathlib
import signal
import subprocess
import threading
import urllib.error
import urllib.request


class Gateway:
    """`tributary gateway` on any free port."""

    def __init__(self, binaries: pathlib.Path, *arguments):
        command = [binaries / "tributary", "gateway", "--listen", "127.0.0.1:0", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise AssertionError(f"the gateway does not listen: {self.process.communicate(timeout=60)}")
        self.url = line.split()[-1]

    def stop(self, number=signal.SIGTERM) -> tuple[int, list[str]]:
        """Stops it, and returns its exit code and what it logged."""
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log.splitlines()


@contextlib.contextmanager
def gateway(binaries, *arguments):
    running = Gateway(binaries, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()


@contextlib.contextmanager
def liar(url: str, lie):
    """A gateway in front of another, whose answers `lie(path, status, body)` may change. It lists what was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append(self.path)
            names = ("Accept", "Range", "If-Range")
            headers = {name: self.headers[name] for name in names if self.headers[name]}
            try:
                answer = urllib.request.urlopen(urllib.request.Request(url + self.path, headers=headers), timeout=60)
            except urllib.error.HTTPError as error:
                answer = error
            changed = lie(self.path, answer.status, answer.read())
            if changed is None:
                self.close_connection = True
                return
            status, body = changed
            self.send_response(status)
            self.send_header("Content-Type", answer.headers["Content-Type"] or "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
