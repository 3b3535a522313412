"""Certificates for servers with TLS, and what their clients trust."""

import hashlib
import pathlib
import re
import socket
import ssl
import subprocess


class Certificate:
    """A certificate that vouches for itself, and its key, in a folder; write() makes others in their place."""

    def __init__(self, folder, name="127.0.0.1"):
        self.file = pathlib.Path(folder) / "certificate.pem"
        self.key = pathlib.Path(folder) / "key.pem"
        self.write(name)

    def write(self, name="127.0.0.1"):
        kind = "IP" if re.fullmatch(r"[\d.]+", name) else "DNS"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "90", "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name},IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.file], check=True, capture_output=True)

    @property
    def fingerprint(self):
        return fingerprint_of(self.file)

    @property
    def trust(self):
        return trusting(self.file)


def trusting(certificate):
    """What makes a client believe this certificate and no other."""
    return ssl.create_default_context(cafile=str(certificate))


def fingerprint_of(certificate):
    """SHA-256 as browsers show it."""
    der = ssl.PEM_cert_to_DER_cert(pathlib.Path(certificate).read_text())
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


def shown_certificate(port):
    """The fingerprint of the certificate that the server on this port shows now."""
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as secure:
        der = secure.getpeercert(binary_form=True)
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())
