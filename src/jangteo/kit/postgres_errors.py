"""What can go wrong with PostgreSQL that the same again may mend, and the driver's errors told as that."""

import asyncpg

from jangteo.kit.errors import Unavailable


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer, or refused because of another transaction; the same again may work."""

    code = "database.unavailable"


class ConcurrentUpdate(Unavailable):
    """Somebody else changed the same thing in the same moment; doing it again on the new state is right."""

    status = 409
    code = "concurrent_update"
    ko = "다른 요청이 먼저 처리되었습니다. 다시 시도해 주세요."
    en = "Somebody else changed this at the same moment. Please try again."


_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class translated:  # noqa: N801  (reads as a clause at its place of use)
    """Turns the driver's transient errors into DatabaseUnavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, _TRANSIENT):
            raise DatabaseUnavailable() from error
