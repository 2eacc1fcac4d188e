"""Routes that wait in one line.

Each ends in the database's one writer. Side by side their threads would wait for that and for the interpreter in turns,
and every turn costs more than the wait: 20 people who review at once have their answers sooner one after another. Not
even a second thread is used: the event loop does the work itself, as long as nobody else writes to the database.
Only where it would have to wait for that, it leaves the work to one that may. On PostgreSQL, which lets many write at
once and has to be asked over a connection, each has a thread.

What was written is brought onto the disk outside of the line, while the next one is at work: one sync serves all who
wait for it. Nobody is answered before.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from realness.store import Database
from realness.store.dialects.turns import Busy
from realness.workbench import Workbench

_LINE = ThreadPoolExecutor(1, thread_name_prefix="realness-line")
_SYNC = ThreadPoolExecutor(1, thread_name_prefix="realness-sync")
_waiting: dict[int, asyncio.Task[None]] = {}
"""Of each database, by its `id`, the sync that has not begun."""
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def in_line(route: Callable[Asked, Answer]) -> Callable[Asked, Awaitable[Answer]]:
    """A route that runs when those before it are done. It must be short, and may be begun twice: nothing that it does
    before it writes lasts.
    """

    @wraps(route)
    async def waiting(*asked: Asked.args, **named: Asked.kwargs) -> Answer:
        work, database = partial(route, *asked, **named), _database(named)
        if database is None:
            return work()
        if not database.backend.one_writer:
            return await run_in_threadpool(work)
        try:
            answer, wrote = _unsynced(database, work, wait=False)
        except Busy:
            context = contextvars.copy_context()  # which request it is, for the log
            again = partial(context.run, partial(_unsynced, database, work, wait=True))
            answer, wrote = await asyncio.get_running_loop().run_in_executor(_LINE, again)
        if wrote:
            await _synced(database)
        return answer

    return waiting


def _database(named: Mapping[str, Any]) -> Database | None:
    bench = named.get("bench")
    return bench.store.database if isinstance(bench, Workbench) else None


def _unsynced(database: Database, route: Callable[[], Answer], *, wait: bool) -> tuple[Answer, bool]:
    """The answer, and whether it has to wait for the disk."""
    with database.unsynced(wait=wait) as mode:
        return route(), mode.wrote


async def _synced(database: Database) -> None:
    """Wait for a sync that began after this was asked for."""
    sync = _waiting.get(id(database))
    if sync is None:
        sync = _waiting[id(database)] = asyncio.create_task(_sync(database))
    await asyncio.shield(sync)  # one who gives up waiting does not take it from the others


async def _sync(database: Database) -> None:
    def begin() -> None:
        del _waiting[id(database)]  # who comes from now on waits for the next one
        database.sync()

    await asyncio.get_running_loop().run_in_executor(_SYNC, begin)
