"""One page of a long list, by its number."""

from dataclasses import dataclass
from math import ceil

from werkzeug.datastructures import MultiDict


@dataclass(frozen=True, kw_only=True)
class Paging:
    page: int
    """1 for the first."""
    size: int
    total: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / self.size))

    @property
    def first(self) -> int:
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.offset + self.size, self.total)


def read_page(args: MultiDict[str, str], *, total: int, size: int) -> Paging:
    """The page that is asked for, or the nearest there is."""
    asked = args.get("page", 1, type=int)
    return Paging(page=min(max(asked, 1), max(1, ceil(total / size))), size=size, total=total)
