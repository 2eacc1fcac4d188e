"""Routes that wait in one line.

Each ends in the database's one writer. Side by side their threads would wait for that and for the interpreter in turns,
and every turn costs more than the wait: 20 people who review at once have their answers sooner one after another.

What they kept is brought into the journal outside of the line, while the next one is at work: one sync serves
all who wait for it. Nobody is answered before.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from realness.store import Journal
from realness.workbench import Workbench

_LINE = ThreadPoolExecutor(1, thread_name_prefix="realness-line")
_SYNC = ThreadPoolExecutor(1, thread_name_prefix="realness-journal")
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def in_line(route: Callable[Asked, Answer]) -> Callable[Asked, Awaitable[Answer]]:
    """A route that runs when those before it are done. It must be short."""

    @wraps(route)
    async def waiting(*asked: Asked.args, **named: Asked.kwargs) -> Answer:
        context = contextvars.copy_context()  # which request it is, for the log
        work = partial(context.run, partial(route, *asked, **named))
        loop, journal = asyncio.get_running_loop(), _journal(named)
        if journal is None:
            return await loop.run_in_executor(_LINE, work)
        answer, kept = await loop.run_in_executor(_LINE, partial(_and_kept, journal, work))
        if kept:
            await loop.run_in_executor(_SYNC, journal.settle)
        return answer

    return waiting


def _journal(named: Mapping[str, Any]) -> Journal | None:
    bench = named.get("bench")
    return bench.store.journal if isinstance(bench, Workbench) else None


def _and_kept(journal: Journal, route: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The answer, and whether it has to wait for the journal."""
    with journal.later() as later:
        return route(), later.kept
