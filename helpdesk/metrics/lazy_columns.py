"""Columns of one length, each made when it is first asked for: most questions look at a few of them. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64] | NDArray[np.int64]
Places = NDArray[np.bool_] | NDArray[np.int64] | slice

Some = TypeVar("Some", bound="Columns")


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """At one place of all columns stands one thing that is counted; they are the fields of each class of them."""

    @classmethod
    def made_by(cls, make: Callable[[str], Column]) -> Self:
        """`make` is called with a column's name when it is first asked for."""
        columns = object.__new__(cls)
        columns.__dict__["_make"] = make
        return columns

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Column:
            # Only what is not there is asked for here.
            if name not in self.__dataclass_fields__:
                raise AttributeError(f"{type(self).__name__} has no column {name}")
            return self.__dict__.setdefault(name, self._make(name))

    def __len__(self) -> int:
        names = [field.name for field in fields(self)]
        # Of those that are there, for nothing is to be made only to be counted.
        return len(getattr(self, next((name for name in names if name in self.__dict__), names[0])))

    def at(self, places: Places) -> Self:
        """What stands at these places."""
        if not isinstance(places, slice) and places.dtype == np.bool_:
            # Looked for once, and not for each column.
            places = _beside_each_other(np.flatnonzero(places))
        return self.made_by(lambda name: getattr(self, name)[places])

    def apart(self, keys: NDArray[np.int64]) -> Iterator[tuple[int, Self]]:
        """(key, the things at whose places it stands) by growing key."""
        groups = Groups(keys)
        in_order = self.at(groups.order)
        for key, group in groups.slices():
            yield key, in_order.at(group)


def _beside_each_other(places: NDArray[np.int64]) -> Places:
    """As a slice where they are: nothing is copied then."""
    if not len(places) or places[-1] - places[0] >= len(places):
        return places
    return slice(places[0], places[-1] + 1)


def together(of: type[Some], parts: Iterable[Columns]) -> Some:
    """What stands in the parts, at least one, one after the other; each has all the columns of what is made of them."""
    parts = list(parts)
    return of.made_by(lambda name: np.concatenate([getattr(part, name) for part in parts]))


class Groups:
    """Places of equal keys, by growing key: `order` has those of the first group, then those of the second, …"""

    def __init__(self, keys: NDArray[np.int64]) -> None:
        self.order = np.argsort(_short(keys), kind="stable")
        in_order = keys[self.order]
        is_first = np.ones(len(keys), dtype=np.bool_)
        is_first[1:] = in_order[1:] != in_order[:-1]
        self.begins = np.flatnonzero(is_first)
        """Where in `order` each begins."""
        self.keys = in_order[self.begins]
        self.counts = np.diff(self.begins, append=len(keys))

    def slices(self) -> Iterator[tuple[int, slice]]:
        """(key, the places of its group in `order`)."""
        for key, begin, count in zip(self.keys.tolist(), self.begins.tolist(), self.counts.tolist(), strict=True):
            yield key, slice(begin, begin + count)


def _short(keys: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.uint16]:
    """Keys in the same order, in 16 bits where they can be: such are sorted by their digits, which takes a third."""
    if not len(keys):
        return keys
    least = keys.min()
    return (keys - least).astype(np.uint16) if keys.max() - least < 2**16 else keys
