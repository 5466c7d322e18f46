"""Work that Locust's fast client repeats for each request without effect, done once or not at all.

Changed in the load process only. Each part gives the same result as before: an empty cookie jar
adds nothing, an answer without `Set-Cookie` stores nothing, a URL is parsed once, and a numeric
address is not looked up in a thread.
"""

from __future__ import annotations

import ipaddress
from http.cookiejar import CookieJar
from typing import Any, Final

from gevent import monkey
from gevent.socket import SOCK_STREAM, SOL_TCP
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.url import URL
from geventhttpclient.useragent import CompatRequest

_MOST_URLS: Final = 1_024
_PARTS: Final = ("scheme", "netloc", "host", "hostname", "port", "request_uri", "quoted_uri")


def spare_work() -> None:
    """Replace what is repeated."""
    jar: Any = CookieJar
    jar.add_cookie_header = _adding(jar.add_cookie_header)
    jar.extract_cookies = _extracting(jar.extract_cookies)
    request: Any = CompatRequest
    request.set_url = _setting(request.set_url)
    pool: Any = ConnectionPool
    pool._resolve = _resolving(pool._resolve)  # noqa: SLF001  # it has no option


def _adding(usual: Any) -> Any:  # noqa: ANN401  # a method of an untyped class
    def add_cookie_header(jar: Any, request: Any) -> None:  # noqa: ANN401  # as above
        if jar._cookies:  # noqa: SLF001  # its length walks all cookies
            usual(jar, request)

    return add_cookie_header


def _extracting(usual: Any) -> Any:  # noqa: ANN401  # as above
    def extract_cookies(jar: Any, response: Any, request: Any) -> None:  # noqa: ANN401  # as above
        headers = response.info()
        if "set-cookie" in headers or "set-cookie2" in headers:
            usual(jar, response, request)

    return extract_cookies


class _KnownUrl(URL):
    """A URL whose parts are attributes, which `URL` works out at each access."""

    __slots__ = _PARTS

    def __init__(self, url: Any = "", params: Any = None) -> None:  # noqa: ANN401  # as URL
        super().__init__(url, params)
        usual = URL(url, params)
        for part in _PARTS:
            object.__setattr__(self, part, getattr(usual, part))


def _setting(usual: Any) -> Any:  # noqa: ANN401  # as above
    known: dict[str, Any] = {}

    def set_url(request: Any, url: Any, params: Any = None) -> None:  # noqa: ANN401  # as above
        if params is not None or type(url) is not str:
            usual(request, url, params)
            return
        found = known.get(url)
        if found is None:
            found = _KnownUrl(url)
            if len(known) < _MOST_URLS:
                known[url] = found
        request.url, request.url_split = url, found
        request.type, request.host = found.scheme, found.netloc
        request.selector = found.request_uri or "/"

    return set_url


def _resolving(usual: Any) -> Any:  # noqa: ANN401  # as above
    look_up = monkey.get_original("socket", "getaddrinfo")

    def resolve(pool: Any) -> Any:  # noqa: ANN401  # as above
        host, port = pool._connection_host, pool._connection_port  # noqa: SLF001  # as above
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return usual(pool)
        return look_up(host, port, 0, SOCK_STREAM, SOL_TCP)

    return resolve
