"""Find the proxy for requests to Writer: from the environment or the system, unless NO_PROXY names the host."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.request import getproxies

import httpx

_HTTPS_PORT = 443
_SCHEMES = {"https", "all"}
_HIGHEST_PORT = 65_535
_HOST = re.compile(rb"[\w.-]+|[0-9a-fA-F.:]+(?:%\w+)?")

# [::1], [::1]:443; ::1 and others with several colons; name, name:443, 10.0.0.1:443
_ENTRY = re.compile(r"\[([^\[\]]+)\](?::(\d+))?|([^:]*:[^:]*:.*)|([^:]+)(?::(\d+))?")


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy for an https URL, or None.

    It is HTTPS_PROXY, else ALL_PROXY (for both, the lower-case name wins), else the system's.

    Raises:
        ValueError: It cannot be used. The message may hold a password.
        httpx.InvalidURL: Likewise.
    """
    proxies = getproxies()
    named = proxies.get("https", "").strip() or proxies.get("all", "").strip()
    if not named or _is_exempt(url, proxies.get("no", "")):
        return None
    proxy = httpx.Proxy(named if "://" in named else f"http://{named}")
    port = proxy.url.port
    if not _HOST.fullmatch(proxy.url.raw_host) or (port is not None and not 0 < port <= _HIGHEST_PORT):
        raise ValueError("not the URL of a proxy")
    return proxy


def _is_exempt(url: httpx.URL, no_proxy: str) -> bool:
    """Return whether NO_PROXY names the host of an https URL.

    Accepts the entries of urllib and curl: names with their subdomains (with or without a leading dot), addresses with
    or without brackets, networks (`10.0.0.0/8`, `fe80::/10`), each but a network with an optional port, and `*` for
    everything. An entry of another form exempts nothing.
    """
    host = _ascii_host(url)
    return any(_matches(entry, host, url.port or _HTTPS_PORT) for entry in re.split(r"[\s,]+", no_proxy))


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    scheme, has_scheme, rest = entry.rpartition("://")
    if has_scheme and scheme.lower() not in _SCHEMES:
        return False
    entry = rest.rstrip("/")
    address = _address(host)
    if "/" in entry:
        return address is not None and _is_in_network(address, entry)
    if (found := _ENTRY.fullmatch(entry)) is None:
        return False
    bracketed, bracketed_port, bare, name, name_port = found.groups()
    named, named_port = bracketed or bare or name, bracketed_port or name_port
    is_host = _is_at_or_below(host, named) if address is None else address == _address(named)
    return is_host and named_port in {None, str(port)}


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in_network(address: IPv4Address | IPv6Address, entry: str) -> bool:
    try:
        return address in ip_network(re.sub(r"[\[\]]", "", entry), strict=False)
    except ValueError:
        return False


def _is_at_or_below(host: str, named: str) -> bool:
    name = named.lstrip("*.")
    if not name.isascii():
        try:
            name = _ascii_host(httpx.URL(f"https://{name}"))
        except httpx.InvalidURL:
            return False
    name = name.rstrip(".").lower()
    return bool(name) and f".{host}".endswith(f".{name}")


def _ascii_host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").rstrip(".").lower()
