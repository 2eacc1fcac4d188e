"""The parts of Insights, found once and kept until something is written."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from realness.errors import NotFound
from realness.store.dialects import Version
from realness.workbench.bench import Workbench
from realness.workbench.corrected import described, describers_part
from realness.workbench.insights import insights
from realness.workbench.marked import marked_maps
from realness.workbench.parts import PARTS, Part, PartName, known, maps_part, scores_plot, visible
from realness.workbench.plots import Plot, PlotName
from realness.workbench.reviewing import Desk

_WHERE = {
    PlotName.RATINGS: PartName.PROGRESS,
    PlotName.MOS: PartName.OPINIONS,
    PlotName.SPREAD: PartName.AGREEMENT,
    PlotName.REVIEWERS: PartName.PEOPLE,
    PlotName.MINUTES: PartName.PEOPLE,
    PlotName.MAPS: PartName.MAPS,
}


class Statistics:
    """Finds the parts. What takes long is kept until something is written."""

    KEPT = 8

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._kept: OrderedDict[tuple, tuple[Version, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def part(self, desk: Desk, name: PartName) -> Part:
        """One part as this person may see it."""
        if name is PartName.DESCRIBERS:
            return describers_part(desk, self._of((desk.study.id, name), lambda: described(desk)))
        found = self._of((desk.study.id,), lambda: known(self._bench, desk.study))
        if name is not PartName.MAPS:
            return PARTS[name](desk, found)
        seen = visible(desk, found.votes)
        key = (desk.study.id, None if seen is None else desk.reviewer.id)
        return maps_part(desk, self._of(key, lambda: marked_maps(self._bench, desk.study.id, seen)))

    def plot(self, desk: Desk, name: PlotName) -> Plot:
        """One plot as this person may see it.

        Raises:
            NotFound: there is nothing to draw yet.
        """
        if name is PlotName.SCORES:
            found = insights(desk)
            return scores_plot(found.pairs, found.model)
        for plot in self.part(desk, _WHERE[name]).plots:
            if plot.name is name:
                return plot
        raise NotFound("there is nothing to draw yet; rate some images first")

    def _of(self, key: tuple, find: Callable[[], Any]) -> Any:
        version = self._bench.store.database.version()  # before the reading: a commit in between makes it found again
        with self._lock:
            kept = self._kept.get(key)
        if kept and kept[0] == version:
            return kept[1]
        found = find()
        with self._lock:
            self._kept[key] = (version, found)
            self._kept.move_to_end(key)
            while len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)
        return found
