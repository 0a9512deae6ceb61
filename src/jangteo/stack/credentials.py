"""Passwords and keys of a local mall: made at random on first use, readable by their owner only, never shown."""

import base64
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

_MASTER_KEY_BYTES = 32
_PASSWORD_BYTES = 24


class Credentials:
    """The secrets in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "passwords.json"
        self._known: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def password(self, name: str) -> str:
        """Return the password called `name`, made when it is first asked for. Hexadecimal, so safe in an address."""
        if name not in self._known:
            self._known[name] = secrets.token_hex(_PASSWORD_BYTES)
            write_private(self._file, json.dumps(self._known, indent=1))
        return self._known[name]

    def make_passwords(self, names: Iterable[str]) -> None:
        """Make those of `names` that are missing, before several processes would each make their own."""
        for name in names:
            self.password(name)

    @property
    def master_key_file(self) -> Path:
        """The key that encrypts the keys of persons: 32 random bytes in base64."""
        file = self._folder / "master.key"
        if not file.exists():
            write_private(file, base64.b64encode(secrets.token_bytes(_MASTER_KEY_BYTES)).decode())
        return file

    def identity_folder(self, service: str) -> Path:
        """Return the one folder of identities that `service` is given: its own key pair, and the others' public keys.

        Where each service runs as a user of its own, or in a container, it is shown no other folder.
        """
        return self._folder / "identity" / service

    def make_identities(self, names: Iterable[str]) -> None:
        """Make the Ed25519 key pair <name>.key and <name>.pub (PEM) of each of `names` that has none."""
        names = list(names)
        for left in (self._folder / "identity").glob("*.*"):
            left.unlink()  # from when all services shared one folder
        made = [name for name in names if not self._has_pair(name)]
        for name in made:
            _make_identity(self.identity_folder(name), name)
        for reader in names:
            for name in names:
                file = self.identity_folder(reader) / f"{name}.pub"
                if name in made or not file.exists():
                    write_private(file, (self.identity_folder(name) / f"{name}.pub").read_text())

    def _has_pair(self, name: str) -> bool:
        folder = self.identity_folder(name)
        return (folder / f"{name}.key").exists() and (folder / f"{name}.pub").exists()


def _make_identity(folder: Path, name: str) -> None:
    # Imported here: a warm start makes no key and should not pay for the library.
    from cryptography.hazmat.primitives import serialization as to
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption())
    public = key.public_key().public_bytes(to.Encoding.PEM, to.PublicFormat.SubjectPublicKeyInfo)
    write_private(folder / f"{name}.key", private.decode())
    write_private(folder / f"{name}.pub", public.decode())


def write_private(file: Path, text: str) -> None:
    """Replace `file` by `text`, whole or not at all, readable by its owner only."""
    temporary = file.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    temporary.replace(file)
