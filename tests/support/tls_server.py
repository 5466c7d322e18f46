"""A certificate for loopback that a test makes and trusts, and an HTTPS server with it."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def certificate(folder: Path) -> Path:
    """One file with a certificate of 127.0.0.1 and its key, made by openssl."""
    file = folder / "loopback.pem"
    name = ["-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    line += ["-nodes", "-days", "2", "-keyout", str(file), "-out", str(folder / "one.pem"), *name]
    subprocess.run(line, check=True, capture_output=True, timeout=20)
    file.write_bytes(file.read_bytes() + (folder / "one.pem").read_bytes())
    return file


def serving_context(file: Path) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
