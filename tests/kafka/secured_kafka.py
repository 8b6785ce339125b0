"""Apache Kafka that wants to know who comes: by certificate, SCRAM or OAUTHBEARER, each on a port of its own."""

from __future__ import annotations

from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from kafka_process import LOOPBACK, KafkaProcess

from closeout.process import free_port

USER, PASSWORD = "closeout", "a-password-for-tests"
KINDS = ("SSL", "SCRAM", "TOKEN")


class SecuredKafka(KafkaProcess):
    """`addresses`: host:port by kind. `authority`: whom both sides trust."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA(key_type=trustme.KeyType.RSA)
        self.addresses = {kind: f"{LOOPBACK}:{free_port()}" for kind in KINDS}
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca_file)
        server = self.authority.issue_cert(LOOPBACK, key_type=trustme.KeyType.RSA)
        (folder / "server.pem").write_bytes(_pkcs8(server.private_key_pem.bytes()) + server.cert_chain_pems[0].bytes())
        self.client_file = folder / "client.pem"
        self.authority.issue_cert(
            "client@closeout.example", key_type=trustme.KeyType.RSA
        ).private_key_and_cert_chain_pem.write_to_path(self.client_file)
        super().__init__(folder)

    def _extra(self) -> dict[str, object]:
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        # Kafka's own tokens for tests: signed by nobody, with a subject and an end.
        token = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"
        return {
            "listeners": ",".join(f"{kind}://{address}" for kind, address in self.addresses.items()),
            "listener.security.protocol.map": "SSL:SSL,SCRAM:SASL_SSL,TOKEN:SASL_PLAINTEXT",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._folder / "server.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.ca_file,
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.scram.scram-sha-512.sasl.jaas.config": scram,
            "listener.name.token.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.token.oauthbearer.sasl.jaas.config": f'{token} unsecuredLoginStringClaim_sub="broker";',
        }

    def _format_options(self) -> list[str]:
        return ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]


def _pkcs8(key: bytes) -> bytes:
    """The only form that Java takes a key in."""
    read = serialization.load_pem_private_key(key, password=None)
    return read.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
