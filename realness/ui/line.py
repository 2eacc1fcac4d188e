"""Routes that wait in one line.

Each ends in the database's one writer. Side by side their threads would wait for that and for the interpreter in turns,
and every turn costs more than the wait: 20 people who review at once have their answers sooner one after another.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import ParamSpec, TypeVar

_LINE = ThreadPoolExecutor(1, thread_name_prefix="realness-line")
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def in_line(route: Callable[Asked, Answer]) -> Callable[Asked, Awaitable[Answer]]:
    """A route that runs when those before it are done. It must be short."""

    @wraps(route)
    async def waiting(*asked: Asked.args, **named: Asked.kwargs) -> Answer:
        context = contextvars.copy_context()  # which request it is, for the log
        work = partial(context.run, partial(route, *asked, **named))
        return await asyncio.get_running_loop().run_in_executor(_LINE, work)

    return waiting
