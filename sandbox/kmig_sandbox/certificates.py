"""Private certificate authorities and what they sign, made with openssl.

Called by node.py for the Kubernetes CA and by kafka.py for one CA per Kafka.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox import files
from kmig_sandbox.commands import run

_DAYS = "3650"
_SECONDS = 30.0
_CA_EXTENSIONS = (
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign,cRLSign",
)


@dataclass(frozen=True)
class Authority:
    """A CA in a directory of its own: ca.crt, ca.key and what it signed."""

    directory: Path

    @property
    def certificate(self) -> Path:
        """The CA's certificate, PEM."""
        return self.directory / "ca.crt"

    def sign(self, name: str, subject: str, *alternative_names: str) -> tuple[Path, Path]:
        """Certificate and PKCS#8 key for `subject`; made once per set of names."""
        certificate, key = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        asked = self.directory / f"{name}.ext"
        wanted = _extensions(alternative_names)
        if certificate.exists() and asked.exists() and asked.read_text("utf-8") == wanted:
            return certificate, key
        new_key(key)
        files.write(asked, wanted)
        request = self.directory / f"{name}.csr"
        run(
            ["openssl", "req", "-new", "-key", key, "-subj", subject, "-out", request],
            timeout=_SECONDS,
        )
        run(
            [
                "openssl",
                "x509",
                "-req",
                "-in",
                request,
                "-CA",
                self.certificate,
                "-CAkey",
                self.directory / "ca.key",
                "-CAcreateserial",
                "-days",
                _DAYS,
                "-extfile",
                asked,
                "-out",
                f"{certificate}.new",
            ],
            timeout=_SECONDS,
        )
        Path(f"{certificate}.new").replace(certificate)
        return certificate, key


def authority(directory: Path, common_name: str) -> Authority:
    """The CA in `directory`, made when it is not there yet."""
    if not (directory / "ca.crt").exists():
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True, mode=0o700)
        new_key(directory / "ca.key")
        extensions = [word for text in _CA_EXTENSIONS for word in ("-addext", text)]
        run(
            [
                "openssl",
                "req",
                "-x509",
                "-new",
                "-key",
                directory / "ca.key",
                "-days",
                _DAYS,
                "-subj",
                f"/CN={common_name}",
                *extensions,
                "-out",
                directory / "ca.new",
            ],
            timeout=_SECONDS,
        )
        (directory / "ca.new").replace(directory / "ca.crt")
    return Authority(directory)


def new_key(path: Path) -> None:
    """Writes a new P-256 private key, PKCS#8 PEM, readable by its owner only."""
    run(
        [
            "openssl",
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            path,
        ],
        timeout=_SECONDS,
    )
    path.chmod(0o600)


def _extensions(alternative_names: tuple[str, ...]) -> str:
    lines = [
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=serverAuth,clientAuth",
        "authorityKeyIdentifier=keyid",
        "subjectKeyIdentifier=hash",
    ]
    if alternative_names:
        lines.append("subjectAltName=" + ",".join(alternative_names))
    return "\n".join(lines) + "\n"
