"""Nothing but the privacy kit encrypts or derives keys, so that what it promises holds for all of the mall."""

import ast
from pathlib import Path

import pytest

import jangteo

ROOT = Path(jangteo.__file__).parent
KIT = ROOT / "kit" / "privacy"
# Signing and certificates are other work: nothing is kept secret by them.
ENCRYPTING = ("ciphers", "kdf", "fernet", "keywrap", "padding")
OTHER_LIBRARIES = {"Crypto", "Cryptodome", "nacl", "tink", "itsdangerous", "pyaes", "jwcrypto"}


def encrypts(module: str) -> bool:
    parts = module.split(".")
    return parts[0] in OTHER_LIBRARIES or (parts[0] == "cryptography" and bool(set(parts) & set(ENCRYPTING)))


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def test_only_the_privacy_kit_encrypts():
    offenders = {
        str(file.relative_to(ROOT)): modules
        for file in ROOT.rglob("*.py")
        if KIT not in file.parents and (modules := {name for name in imported(file) if encrypts(name)})
    }
    assert offenders == {}


def test_in_the_kit_one_module_encrypts_and_one_derives():
    users = {file.name for file in KIT.rglob("*.py") if any(encrypts(name) for name in imported(file))}
    assert users == {"sealing.py", "derived.py"}


@pytest.mark.parametrize(
    "line",
    [
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
        "from cryptography.hazmat.primitives import ciphers",
        "from cryptography.fernet import Fernet",
        "import nacl.secret",
    ],
)
def test_the_rule_sees_what_it_forbids(tmp_path, line):
    file = tmp_path / "x.py"
    file.write_text(line)
    assert any(encrypts(name) for name in imported(file))
