"""Documents: a MongoDB client whose failures are the kit's. PyMongo's asynchronous client is the only way in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError

from jangteo.kit.errors import Unavailable

Documents = AsyncMongoClient[dict[str, Any]]

_TIMEOUT_MILLISECONDS = 3_000


class DocumentsUnavailable(Unavailable):
    """The document server does not answer."""

    code = "documents.unavailable"


@asynccontextmanager
async def open_documents(url: str) -> AsyncIterator[Documents]:
    """Open a client that answers only what a majority has on disk (`w=majority, j=true`)."""
    client: Documents = AsyncMongoClient(
        url,
        tz_aware=True,
        uuidRepresentation="standard",
        w="majority",
        journal=True,
        serverSelectionTimeoutMS=_TIMEOUT_MILLISECONDS,
        socketTimeoutMS=10 * _TIMEOUT_MILLISECONDS,
    )
    try:
        yield client
    finally:
        await client.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn connection troubles into DocumentsUnavailable within the block; other errors stay what they are."""
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout) as error:
        raise DocumentsUnavailable() from error


__all__ = ["Documents", "DocumentsUnavailable", "PyMongoError", "open_documents", "translated"]
