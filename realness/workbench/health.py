"""Whether the workbench can do its work now."""

import os

from realness.errors import DatabaseProblem
from realness.store.migrate import HEAD, revision
from realness.workbench.bench import Workbench


def unready(bench: Workbench) -> list[str]:
    """What is in the way, in words for those who run it; nothing where all is well."""
    found = []
    try:
        with bench.store.database.read() as connection:
            at = revision(connection)
        if at != HEAD:
            found.append(f"the database has schema {at}, this version works with {HEAD}")
    except DatabaseProblem as error:
        found.append(str(error))
    if not os.access(bench.settings.data, os.W_OK | os.X_OK):
        found.append(f"the data folder {bench.settings.data} cannot be written")
    if bench.store.journal is not None and bench.store.journal.problem:
        found.append(bench.store.journal.problem)
    return found
