"""The hours in which a batch may work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from pipeline.errors import UsageError

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``begin`` to ``end`` each day, over midnight where the end is the earlier one."""

    begin: time
    end: time

    def hold(self, moment: datetime) -> bool:
        """Whether work may be done at that local time."""
        clock = moment.time()
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def wait_s(self, moment: datetime) -> float:
        """Seconds until work may begin; 0 where it may now."""
        if self.hold(moment):
            return 0.0
        begin = datetime.combine(moment.date(), self.begin, moment.tzinfo)
        return ((begin if begin > moment else begin + timedelta(days=1)) - moment).total_seconds()


def parse_hours(text: str) -> Hours:
    """``20:00-06:00``. Raises UsageError for anything else."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text[:40]!r} are no hours.", hint="Write them as 20:00-06:00.")
    begin_h, begin_min, end_h, end_min = (int(part) for part in found.groups())
    hours = Hours(time(begin_h, begin_min), time(end_h, end_min))
    if hours.begin == hours.end:
        raise UsageError("These hours have no length.", hint="Leave --between out to work at any time.")
    return hours
