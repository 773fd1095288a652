"""The one way out to other systems over HTTP: guarded, so that nobody reaches our own network through it.

https only unless the setting says otherwise; every address that the name has must be one of the public net; the
connection goes to the very address that was looked at, so that a name which changes its mind (DNS rebinding) leads
nowhere else; no redirects, no proxies, no credentials in the address; bounded in time and, where a body is read (of a
provider of identities, whom an administrator named), in size."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CONNECT_SECONDS, TOTAL_SECONDS = 3.0, 10.0
MOST_BYTES = 1_000_000
AT_ONCE = 4                                    # requests to one host at a time, of this process
UNICAST = ipaddress.ip_network("2000::/3")     # all that is given out of IPv6
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Found = Sequence[tuple[Any, ...]]
Resolver = Callable[[str, int], Found]
_turns: dict[str, threading.BoundedSemaphore] = {}
_guard = threading.Lock()


class Barred(Exception):
    """The address is none that may be called: trying again is no use."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `plain` allows http, `private` addresses of the own network: an administrator's word."""

    url: str
    plain: bool = False
    private: bool = False


def resolve(host: str, port: int) -> Found:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def public(text: str) -> bool:
    """Whether an address is one of the public net, also where IPv6 only wraps an IPv4 one."""
    found = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
        # What lies outside is of no network that others reach: of this site (fec0::), of a translator (64:ff9b:1::).
        if found.teredo is not None or found not in UNICAST:
            return False
    return found.is_global and not found.is_multicast


def parts_of(target: Target) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of a target; raises `Barred` for an address that is never called."""
    try:
        parts = urlsplit(target.url)
        port = parts.port
    except ValueError as error:
        raise Barred(f"the address cannot be read: {error}") from None
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not target.plain):
        raise Barred("only https addresses are called")
    if parts.username is not None or parts.password is not None or not parts.hostname:
        raise Barred("the address must name a host, and no user")
    try:
        host = parts.hostname.encode("idna").decode()
    except UnicodeError:
        raise Barred("the host name cannot be read") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def post(target: Target, body: bytes, headers: Mapping[str, str], *, look_up: Resolver = resolve) -> int:
    """Send a body; the status of the answer. Raises `Barred`, or OSError for what may go better another time."""
    return ask(target, "POST", body, headers, look_up=look_up, most=0)[0]


def ask(
    target: Target, method: str, body: bytes, headers: Mapping[str, str], *, look_up: Resolver = resolve,
    most: int = MOST_BYTES,
) -> tuple[int, bytes]:
    """One exchange: the status of the answer and its body, which may have `most` bytes."""
    scheme, host, port, path = parts_of(target)
    with _turn(host):
        found = look_up(host, port)
        if not target.private and not all(public(str(one[4][0])) for one in found):
            raise Barred(f"{host} leads into a network that is not public")
        line = _connect([str(one[4][0]) for one in found], port)
        line.settimeout(TOTAL_SECONDS)
        if scheme == "https":                  # the handshake comes later: it is bounded too
            context = ssl.create_default_context()
            line = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        timer = threading.Timer(TOTAL_SECONDS, _cut, [line])
        timer.daemon = True
        timer.start()
        try:
            return _exchange(line, (method, host, port, path), body, headers, most)
        except http.client.HTTPException as error:
            raise OSError(f"{host} answered with what is no HTTP: {type(error).__name__}") from error
        finally:
            timer.cancel()
            line.close()


def _connect(addresses: Sequence[str], port: int) -> socket.socket:
    """A connection to the first of the addresses that answers."""
    last: OSError = OSError("the name has no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            last = error
    raise last


def _exchange(
    line: socket.socket, where: tuple[str, str, int, str], body: bytes, headers: Mapping[str, str], most: int
) -> tuple[int, bytes]:
    method, host, port, path = where
    connection = http.client.HTTPConnection(host, port)
    connection.sock = line
    try:
        if isinstance(line, ssl.SSLSocket):
            connection.default_port = 443      # what the Host header leaves out
            line.do_handshake()
        connection.request(method, path, body=body or None, headers=dict(headers))
        answer = connection.getresponse()
        found = answer.read(most + 1) if most else b""
        if len(found) > most:
            raise Barred(f"{host} answered with more than {most} bytes")
        return answer.status, found
    finally:
        connection.close()


def _cut(line: socket.socket) -> None:
    """End a connection that takes too long, whatever it is doing."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _turn(host: str) -> threading.BoundedSemaphore:
    with _guard:
        return _turns.setdefault(host, threading.BoundedSemaphore(AT_ONCE))
