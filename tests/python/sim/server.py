"""Starts `jettison simulate` on a world and ends it by its process id."""

import json
import queue
import re
import subprocess
import tempfile
import threading
from pathlib import Path

ACCOUNT = "000000000000"
REGION = "eu-central-1"
TAKEN_AT = "2026-11-01T06:00:00Z"


def write_world(path, records=(), accounts=(ACCOUNT,)):
    """An inventory file with `records`, pairs of kind and value, in the first account."""
    scopes = [{"account": f"a{at}", "account_id": account, "region": REGION} for at, account in enumerate(accounts)]
    lines = [{"kind": "inventory", "format_version": "1.0", "taken_at": TAKEN_AT, "scopes": scopes, "trailer": True}]
    lines += [{"kind": kind, "account_id": accounts[0], "region": REGION, "value": value} for kind, value in records]
    lines.append({"kind": "end", "value": {"lines": len(lines) - 1}})
    Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines))


class Server:
    """A simulated AWS on a free port, loaded from `world`."""

    def __init__(self, jettison, world, *options):
        command = [jettison, "simulate", "--world", str(world), "--listen", "127.0.0.1:0", *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._lines = queue.Queue()
        self.output = []
        threading.Thread(target=self._drain, daemon=True).start()
        self.url = self._await_address()

    def _drain(self):
        for line in self._process.stdout:
            self.output.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def _await_address(self):
        while True:
            try:
                line = self._lines.get(timeout=30)
            except queue.Empty:
                line = None
            found = line and re.search(r"listening on (http://127\.0\.0\.1:\d+)", line)
            if found:
                return found[1]
            if line is None:
                self.close()
                raise RuntimeError("simulate said no address:\n" + "".join(self.output))

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def temporary_world(records=(), accounts=(ACCOUNT,)):
    folder = tempfile.TemporaryDirectory(prefix="jettison-world-")
    path = Path(folder.name) / "world.ndjson"
    write_world(path, records, accounts)
    return folder, path
