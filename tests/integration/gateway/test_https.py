"""HTTPS with a certificate of the mall's own making."""

import asyncio
import datetime as dt
import socket
import ssl

import pytest
from cryptography import x509

from jangteo.gateway.certificates import LocalAuthority


def trusting(mall, **limits):
    """Return a client context that knows the mall's own authority only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(mall.authority_path)
    for name, value in limits.items():
        setattr(context, name, value)
    return context


async def handshake(mall, name, context):
    _, writer = await asyncio.open_connection("127.0.0.1", mall.settings.https_port, ssl=context, server_hostname=name)
    shown = writer.get_extra_info("ssl_object")
    writer.close()
    await writer.wait_closed()
    return shown


@pytest.mark.parametrize("name", ["localhost", "demo.localhost", "127.0.0.1"])
async def test_a_client_that_trusts_the_local_authority_trusts_every_shop(mall, name):
    shown = await handshake(mall, name, trusting(mall))
    assert shown.version() == "TLSv1.3"


async def test_other_names_are_not_vouched_for(mall):
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(mall, "bank.example", trusting(mall))


async def test_a_client_without_the_authority_refuses(mall):
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(mall, "localhost", ssl.create_default_context())


async def test_tls_below_1_2_is_refused_and_1_2_accepted(mall):
    shown = await handshake(mall, "localhost", trusting(mall, maximum_version=ssl.TLSVersion.TLSv1_2))
    assert shown.version() == "TLSv1.2"
    old = trusting(mall, check_hostname=False)
    old.set_ciphers("ALL:@SECLEVEL=0")
    for bound in ("minimum_version", "maximum_version"):
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            setattr(old, bound, ssl.TLSVersion.TLSv1_1)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await handshake(mall, "localhost", old)


async def test_https_serves_the_same_table_says_so_to_services_and_sends_hsts(mall):
    told = await mall.get(mall.https + "/v1/products", ssl=trusting(mall))
    assert told.json["headers"]["x-forwarded-proto"] == "https"
    assert told.headers["Strict-Transport-Security"] == "max-age=0"  # a developer's localhost must stay usable
    assert (await mall.get(mall.https + "/v1/orders", ssl=trusting(mall))).status == 401
    assert "Strict-Transport-Security" not in (await mall.get("/v1/products")).headers


async def test_hsts_lasts_a_year_outside_a_developers_machine(opening, tmp_path):
    async with opening(tmp_path, environment="production") as mall:
        for path in ("/v1/products", "/nowhere"):
            told = await mall.get(mall.https + path, ssl=trusting(mall))
            assert told.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_http2_is_spoken(mall):
    context = trusting(mall)
    context.set_alpn_protocols(["h2"])
    shown = await handshake(mall, "localhost", context)
    assert shown.selected_alpn_protocol() == "h2"


async def test_a_renewed_certificate_is_shown_without_a_restart(mall, eventually):
    before = mall.envoy.pid
    authority = LocalAuthority(mall.authority_path.parent, mall.settings.tenants)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=370)
    renewed = authority.certificate(later)
    mall.files.write_certificate(renewed.chain_pem, renewed.key_pem)
    wanted = x509.load_pem_x509_certificate(renewed.chain_pem.encode()).serial_number

    def serial():
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", mall.settings.https_port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as wrapped,
        ):
            return x509.load_der_x509_certificate(wrapped.getpeercert(True)).serial_number

    async def shown():
        return await asyncio.to_thread(serial) == wanted

    await eventually(shown)
    assert mall.envoy.pid == before
