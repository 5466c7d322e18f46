"""Create the bucket and the collection when Kinto answers: `python create_orders.py PORT`."""

import json
import sys
import time
import urllib.error
import urllib.request

LIMIT_S = 30.0


def main() -> None:
    """Create both, or give up after 30 s."""
    base = f"http://127.0.0.1:{sys.argv[1]}/v1/buckets/shop"
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        try:
            put(base)
            put(f"{base}/collections/orders")
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
        else:
            return


def put(url: str) -> None:
    """Create a resource that everyone may write to."""
    body = json.dumps({"permissions": {"write": ["system.Everyone"]}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers, method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  # loopback only


if __name__ == "__main__":
    main()
