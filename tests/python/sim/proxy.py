"""Stands between any client and the server under test, passes everything on, and holds every answer against the models."""

import http.client
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sim import model


class Proxy:
    """Listens on `url`; `faults` and `seen` grow as answers pass."""

    def __init__(self, upstream):
        self.faults = []
        self.seen = Counter()
        self.pairs = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, upstream))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def take_faults(self):
        """The faults since the last call, each once."""
        with self._lock:
            taken, self.faults = self.faults, []
        return list(dict.fromkeys(taken))

    def judge(self, asked, request_headers, request, status, headers, body):
        service, operation = model.operation_of(request_headers, request, *asked)
        client = "cli" if "aws-cli" in request_headers.get("User-Agent", "") else "boto3"
        if service is None:
            faults = [f"{operation!r} is in no service model"]
        else:
            faults = model.faults_of(service, operation, status, headers, body)
        with self._lock:
            self.seen[client] += 1
            self.pairs.add((client, service, operation))
            self.faults += [f"{service}:{operation} (HTTP {status}): {fault}" for fault in faults]


def _handler(proxy, upstream):
    host, port = upstream.removeprefix("http://").split(":")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.pass_on("GET")

        def do_POST(self):
            self.pass_on("POST")

        def pass_on(self, method):
            request = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection(host, int(port), timeout=60)
            try:
                connection.request(method, self.path, request, dict(self.headers))
                answer = connection.getresponse()
                body = answer.read()
            finally:
                connection.close()
            proxy.judge((method, self.path), self.headers, request, answer.status, answer.headers, body)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"connection", "content-length", "transfer-encoding", "server", "date"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler
