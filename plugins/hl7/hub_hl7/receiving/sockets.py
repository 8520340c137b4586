"""What a connection is told about its socket, and how its peer is called."""

import socket


def address_of(peer: object) -> str:
    """Return a peer as ``host:port``, with brackets around an IPv6 address."""
    if not isinstance(peer, tuple):
        return str(peer or "")
    host, port, *_ = peer
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tune(sock: socket.socket) -> None:
    """Send answers at once, and notice within a minute that a peer is gone (F46)."""
    options = (
        (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 30),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 10),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 60_000),
    )
    for level, name, value in options:
        option = getattr(socket, name, None)  # not every system has all of them
        if option is not None:
            sock.setsockopt(level, option, value)
