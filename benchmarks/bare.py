"""A server with one route that writes one row as safely as the workbench does (WAL, FULL) and does nothing else."""

import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI


def build(database: Path) -> FastAPI:
    """The app over a database that is made."""
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE bodies (body TEXT)"):
        connection.execute(statement)
    one = threading.Lock()
    app = FastAPI()

    @app.post("/api/reviews")
    def keep(body: dict[str, Any]) -> dict[str, Any]:
        with one:
            connection.execute("INSERT INTO bodies VALUES (?)", (str(body),))
        return {"saved": True}

    return app


if __name__ == "__main__":
    uvicorn.run(
        build(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False
    )
