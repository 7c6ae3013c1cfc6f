"""A Kafka that asks who is there, in four ways, and all that it takes to be let in."""

import base64
import http.server
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from starling.broker import kraft
from starling.broker.folder import BrokerFolder
from starling.errors import BrokerError
from starling.kafka import ensure_topic
from starling.settings import Kafka, Paths, Settings

_JAVA = "org.apache.kafka.common.security"
PLAIN = f"{_JAVA}.plain.PlainLoginModule"
SCRAM = f"{_JAVA}.scram.ScramLoginModule"
OAUTH = f"{_JAVA}.oauthbearer.OAuthBearerLoginModule"
# All that a login string could stumble over: quotes of both kinds, a backslash, its separators, a letter beyond ASCII.
PASSWORD = "p\"a\\s's;=ü w{}"
SCRAM_PASSWORD = "scram-s3cret"
KEY_PASSWORD = "key-s3cret"
CLIENT_SECRET = 'cli"ent-s3cret'
AUDIENCE = "this Kafka"


@dataclass(frozen=True)
class Guarded:
    """Where each of the four ways in is, and the files and passwords for it."""

    folder: Path
    plain: str
    scram: str
    mutual: str
    oauth: str
    tokens: "TokenEndpoint"

    def by_password(self, password: str = PASSWORD) -> dict[str, str]:
        return {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "me",
            "sasl.password": password,
        }

    def by_scram(self) -> dict[str, str]:
        """Over TLS, with a certificate of another host than the one it runs on."""
        return {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "me",
            "sasl.password": SCRAM_PASSWORD,
            "ssl.ca.location": str(self.folder / "broker-certificate.pem"),
            "ssl.endpoint.identification.algorithm": "none",
        }

    def by_certificate(self, encrypted: bool = True) -> dict[str, str]:
        """With a key that is encrypted in today's way, which Java 17 cannot read, or is not."""
        password = {"ssl.key.password": KEY_PASSWORD} if encrypted else {}
        return {
            "security.protocol": "SSL",
            "ssl.ca.location": str(self.folder / "broker-certificate.pem"),
            "ssl.endpoint.identification.algorithm": "none",
            "ssl.keystore.location": str(self.folder / ("me.pem" if encrypted else "me-too.pem")),
            **password,
        }

    def by_token(self, client: str = "me", secret: str = CLIENT_SECRET) -> dict[str, str]:
        return {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.token.endpoint.url": self.tokens.url,
            "sasl.oauthbearer.client.id": client,
            "sasl.oauthbearer.client.secret": secret,
            "sasl.oauthbearer.scope": "read write",
            "https.ca.location": str(self.folder / "tokens-certificate.pem"),
        }


@contextmanager
def guarded_kafka(path: Path) -> Iterator[Guarded]:
    """Runs it, and the token endpoint that it trusts; some seconds go by until it lets anybody in: see `opened`."""
    certificate(path / "broker", x509.DNSName("elsewhere.test"))
    certificate(path / "tokens", x509.IPAddress(IPv4Address(kraft.HOST)))
    certificate(path / "me", x509.DNSName("me.test"), KEY_PASSWORD)
    certificate(path / "me-too", x509.DNSName("me.test"))
    trusted = [(path / f"{name}-certificate.pem").read_bytes() for name in ("me", "me-too")]
    (path / "trusted.pem").write_bytes(b"".join(trusted))
    ports = free_ports(5)
    folder = BrokerFolder(path)
    folder.properties.write_text(kraft.server_properties(ports[0], ports[-1]) + properties(ports, path))
    java, *rest = kraft.kafka_command(folder, Settings(paths=Paths(work=str(path))))
    keys = (path / "jwks.json").as_uri()
    with serving_tokens(path) as tokens, folder.log.open("w") as log:
        (path / "jwks.json").write_text(json.dumps({"keys": [tokens.public_key()]}))
        format_data(folder, [java, *rest[:-2]], log)
        kafka = subprocess.Popen(
            [java, f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={keys}", *rest], cwd=path, stdout=log, stderr=log
        )
        try:
            yield Guarded(path, *(f"{kraft.HOST}:{port}" for port in ports[:4]), tokens)
        finally:
            kafka.terminate()
            kafka.wait(30)


def opened(kafka: Guarded) -> None:
    """Waits until the broker lets somebody in."""
    deadline = time.monotonic() + 60
    topic = Kafka(topic="opened", options=kafka.by_password(), timeout_seconds=5)
    while True:
        try:
            ensure_topic(Settings(kafka=topic), kafka.plain)
            break
        except BrokerError:
            assert time.monotonic() < deadline, (kafka.folder / "broker.log").read_text()[-2000:]


def free_ports(number: int) -> list[int]:
    found: list[int] = []
    while len(found) < number:
        found += set(kraft.free_ports(0, None)) - set(found)
    return found[:number]


def format_data(folder: BrokerFolder, java: list[str], log: Any) -> None:
    scram = f"SCRAM-SHA-512=[name=me,password={SCRAM_PASSWORD}]"
    tool = ["kafka.tools.StorageTool", "format", "-t", "x" * 22, "-c", str(folder.properties), "--add-scram", scram]
    subprocess.run([*java, *tool], cwd=folder.path, stdout=log, stderr=log, check=True)


def properties(ports: list[int], folder: Path) -> str:
    """What is said after an embedded broker's properties, where the last word counts."""
    in_quotes = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    escaped = in_quotes.replace("\\", "\\\\")
    in_properties = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in escaped)
    names = ("PLAIN", "SCRAM", "MUTUAL", "OAUTH")
    open_to_clients = ",".join(f"{name}://{kraft.HOST}:{port}" for name, port in zip(names, ports, strict=False))
    return f"""
listeners={open_to_clients},CONTROLLER://{kraft.HOST}:{ports[-1]}
advertised.listeners={open_to_clients}
listener.security.protocol.map=PLAIN:SASL_PLAINTEXT,SCRAM:SASL_SSL,MUTUAL:SSL,OAUTH:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.plain.sasl.enabled.mechanisms=PLAIN
listener.name.plain.plain.sasl.jaas.config={PLAIN} required username="me" password="{in_properties}" \
user_me="{in_properties}";
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config={SCRAM} required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.location={folder}/trusted.pem
listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.oauth.oauthbearer.sasl.jaas.config={OAUTH} required;
listener.name.oauth.oauthbearer.sasl.server.callback.handler.class=\
{_JAVA}.oauthbearer.OAuthBearerValidatorCallbackHandler
sasl.oauthbearer.jwks.endpoint.url={(folder / "jwks.json").as_uri()}
sasl.oauthbearer.expected.audience={AUDIENCE}
"""


def certificate(path: Path, host: x509.GeneralName, password: str | None = None) -> None:
    """Writes NAME.pem, a private key and its own certificate, and NAME-certificate.pem, the latter alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.name)])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    covered = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, covered)
    path.with_name(f"{path.name}.pem").write_bytes(private + made)
    path.with_name(f"{path.name}-certificate.pem").write_bytes(made)


@dataclass
class TokenEndpoint:
    """Gives a token to who names `CLIENT_SECRET`, as OpenID Connect's client credentials; over TLS."""

    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    asked: list[dict[str, str]] = field(default_factory=list)

    def public_key(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        modulus, exponent = (n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (numbers.n, numbers.e))
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": "1",
            "n": base64url(modulus),
            "e": base64url(exponent),
        }

    def token(self, client: str, scope: str) -> str:
        """A token for an hour; one of the client `forger` is signed with another key."""
        claims = {
            "sub": client,
            "aud": AUDIENCE,
            "scope": scope,
            "iat": int(time.time()),
            "exp": int(time.time()) + 3600,
        }
        signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1"}, claims))
        key = rsa.generate_private_key(65537, 2048) if client == "forger" else self.key
        return f"{signed}.{base64url(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def serving_tokens(folder: Path) -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kind, _, encoded = self.headers["Authorization"].partition(" ")
            client, _, secret = base64.b64decode(encoded).decode().partition(":")
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(urllib.parse.parse_qsl(body))
            endpoint.asked.append({"client": client, "kind": kind, **form})
            if secret == CLIENT_SECRET:
                self.answer(200, {"access_token": endpoint.token(client, form["scope"]), "expires_in": 3600})
            else:
                self.answer(401, {"error": "invalid_client"})

        def answer(self, status: int, document: dict[str, object]) -> None:
            body = json.dumps({"token_type": "Bearer", **document}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer((kraft.HOST, 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tokens.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        endpoint.url = f"https://{kraft.HOST}:{server.server_port}/token"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield endpoint
        server.shutdown()


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
