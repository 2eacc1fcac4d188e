"""What differs between the databases that can be named: a module for SQLite, one for PostgreSQL, and the words of SQL
that each says in its own way. The rest of the store knows of neither.
"""

from realness.store.dialects.address import Address, address_of
from realness.store.dialects.backend import Backend, Version, backend_of

__all__ = ["Address", "Backend", "Version", "address_of", "backend_of"]
