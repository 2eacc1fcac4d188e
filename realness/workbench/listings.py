"""What Browse's address asks for, read once for all who need it: a page, a saved view, all images that match."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from realness.domain import check_text
from realness.errors import InvalidValue
from realness.store import Listing
from realness.store.counting import FACETS

LONGEST_SEARCH, MOST_VALUES = 200, 100
_LONGEST_VALUE = 2000


def listing_of(asked: Iterable[tuple[str, str]], **more: int) -> Listing:
    """The listing that names and values ask for: facets (as often as wanted), `q` and `sort`; others are not heeded.

    Args:
        more: `page` and `per`.

    Raises:
        InvalidValue: a value is too long, there are too many, or the sort is unknown.
    """
    chosen: dict[str, list[str]] = {name: [] for name in FACETS}
    once = {"q": "", "sort": "imported"}
    for name, value in asked:
        if name in chosen and value not in chosen[name]:
            chosen[name].append(_checked(value, _LONGEST_VALUE))
        elif name in once:
            once[name] = value
    if sum(map(len, chosen.values())) > MOST_VALUES:
        raise InvalidValue(f"at most {MOST_VALUES} filters can be set at once; take some away")
    return Listing(chosen, _checked(once["q"], LONGEST_SEARCH), once["sort"], **more)


def listing_in(query: str) -> Listing:
    """The listing of a query as it stands in the address."""
    return listing_of(_pairs(query))


def plain_query(query: str) -> str:
    """A query with nothing in it but facets, search and sort, checked.

    Raises:
        InvalidValue: something in it asks for nothing that there is.
    """
    pairs = _pairs(query)
    listing_of(pairs)
    return urlencode([(name, value) for name, value in pairs if name in (*FACETS, "q", "sort")])


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(check_text(query, "a query"), errors="strict", max_num_fields=2 * MOST_VALUES)
    except ValueError as error:
        raise InvalidValue("this is no query of Browse; take it from the address") from error


def _checked(value: str, longest: int) -> str:
    if len(check_text(value, "a filter")) > longest:
        raise InvalidValue(f"a filter may have {longest} characters; shorten it")
    return value
