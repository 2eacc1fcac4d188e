"""Asking describers for descriptions: OpenAI-compatible servers and local models.

No heavy library is loaded before a describer is made.
"""

from realness.describe.asking import MAX_TOKENS, Asked, Describer, Reply, Unanswered, Usage, request_digest
from realness.describe.batches import MOST_BYTES, MOST_REQUESTS, BatchServer, BatchState
from realness.describe.endpoints import Endpoint
from realness.describe.pictures import image_tokens
from realness.describe.prices import Price
from realness.describe.prices import known as known_price
from realness.describe.server import ServerDescriber

__all__ = [
    "MAX_TOKENS",
    "MOST_BYTES",
    "MOST_REQUESTS",
    "Asked",
    "BatchServer",
    "BatchState",
    "Describer",
    "Endpoint",
    "Price",
    "Reply",
    "ServerDescriber",
    "Unanswered",
    "Usage",
    "image_tokens",
    "known_price",
    "request_digest",
]
