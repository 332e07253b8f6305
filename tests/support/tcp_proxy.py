"""A small TCP proxy on the loopback address that misbehaves on command: cut, reset, blackhole, delay, slow drip.

What lives here: damage to connections. What does not: any protocol.
"""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

__all__ = ["TcpProxy", "running_proxy"]

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class _Pair:
    """One client and its connection to the server."""

    client: socket.socket
    server: socket.socket
    open: bool = True


class TcpProxy:
    """Forwards bytes between clients and one server.

    Parameters
    ----------
    target_port, target_host
        Where the server is; on the loopback address unless named.

    The attributes may be set at any time from any thread.
    """

    def __init__(self, *, target_port: int, target_host: str = LOOPBACK) -> None:
        self._target = target_host, target_port
        self._listener = socket.create_server((LOOPBACK, 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        """Port the clients connect to."""
        self.delay_s = 0.0
        """Every piece waits this long [s]."""
        self.drip_bytes = 0
        """Pieces are at most this long, one each 5 ms; 0: as they come [bytes]."""
        self.blackhole = False
        """Bytes are swallowed in both directions, connections stay open."""
        self.refusing = False
        """New connections are broken off at once, as if the server were gone."""
        self.accepted = 0
        """Connections ever taken."""
        self._pairs: list[_Pair] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="tcp-proxy", daemon=True)
        self._thread.start()

    def cut(self) -> int:
        """Close every connection in order (FIN); return how many."""
        return self._end(reset=False)

    def reset(self) -> int:
        """Break every connection off (RST); return how many."""
        return self._end(reset=True)

    def go_away(self) -> None:
        """Look like a server that is gone, until `come_back`."""
        self.refusing = True
        self.reset()

    def come_back(self) -> None:
        """Let clients reach the server again."""
        self.refusing = False

    def close(self) -> None:
        """End everything."""
        self._stopping.set()
        self._thread.join(5)
        self._listener.close()
        self.cut()
        for thread in [item for item in threading.enumerate() if item.name == f"tcp-proxy-{self.port}"]:
            thread.join(5)

    def _end(self, *, reset: bool) -> int:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.open = False
            for side in (pair.client, pair.server):
                with suppress(OSError):
                    if reset:
                        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    else:
                        side.shutdown(socket.SHUT_RDWR)
                side.close()
        return len(pairs)

    def _accept(self) -> None:
        self._listener.settimeout(0.2)
        while not self._stopping.is_set():
            try:
                client, _address = self._listener.accept()
            except TimeoutError:
                continue
            self.accepted += 1
            if self.refusing:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                client.close()
                continue
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(client, server)
            with self._lock:
                self._pairs.append(pair)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(
                    target=self._pump, args=(pair, source, sink), name=f"tcp-proxy-{self.port}", daemon=True
                ).start()

    def _pump(self, pair: _Pair, source: socket.socket, sink: socket.socket) -> None:
        pause = threading.Event()
        try:
            while pair.open and not self._stopping.is_set():
                if not select.select([source], [], [], 0.2)[0]:
                    continue
                data = source.recv(self.drip_bytes or CHUNK_BYTES)
                if not data:
                    break
                if self.delay_s or self.drip_bytes:
                    pause.wait(self.delay_s + (0.005 if self.drip_bytes else 0.0))
                if not self.blackhole:
                    sink.sendall(data)
        except (OSError, ValueError):
            pass  # the other side ended, or `cut` closed the socket under us
        finally:
            pair.open = False
            with self._lock:
                if pair in self._pairs:
                    self._pairs.remove(pair)
            for side in (source, sink):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
                side.close()


@contextmanager
def running_proxy(target_port: int, *, target_host: str = LOOPBACK) -> Iterator[TcpProxy]:
    """Run a proxy before a server."""
    proxy = TcpProxy(target_port=target_port, target_host=target_host)
    try:
        yield proxy
    finally:
        proxy.close()
