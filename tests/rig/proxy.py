"""toxiproxy on a host of its own: before a host of the cloud, it makes the way to it long, narrow or broken."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping

from . import needs
from .space import Space

_API = ("127.0.0.1", 8474)


class Proxy:
    """A running toxiproxy; each host behind it has an address of its own."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._process = space.start([needs.toxiproxy(), "-host", _API[0], "-port", str(_API[1])])
        deadline = time.monotonic() + 10
        while True:
            try:
                space.connect(_API).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def close(self) -> None:
        self.space.close()
        self._process.wait()

    def to(self, name: str, listen: str, upstream: str) -> None:
        """Stand before a host."""
        proxy = {"name": name, "listen": f"{listen}:22", "upstream": f"{upstream}:22", "enabled": True}
        self._ask("POST", "/proxies", proxy)

    def spoil(self, name: str, kind: str, stream: str = "downstream", **attributes: int) -> None:
        """Add a toxic to the way to a host: latency, bandwidth, timeout, reset_peer, slicer, limit_data."""
        toxic = {"name": f"{kind}-{stream}", "type": kind, "stream": stream, "toxicity": 1.0, "attributes": attributes}
        self._ask("POST", f"/proxies/{name}/toxics", toxic)

    def clean(self, name: str) -> None:
        """Take all toxics off the way to a host."""
        answer = self._ask("GET", f"/proxies/{name}/toxics")
        for toxic in json.loads(answer):
            self._ask("DELETE", f"/proxies/{name}/toxics/{toxic['name']}")

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> bytes:
        connection = http.client.HTTPConnection(*_API)
        connection.sock = self.space.connect(_API)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise RuntimeError(f"toxiproxy: {method} {path}: {said!r}")
        return said
