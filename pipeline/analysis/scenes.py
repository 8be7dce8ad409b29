"""Which frames show something new: slide changes, cuts, and enough in between to find one's way by.

A frame is seen as a grid of grey blocks. People who move change blocks that soon change again; a new slide changes
blocks that were still before and are still afterwards. That is what counts here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_CHANGE = 12.0  # grey levels of 255: above camera noise averaged over a block, below dark text against paper
EXPOSURE_SHIFT = 20.0  # grey levels by which a camera's automatic exposure moves a whole picture without news
SCENE_SHARE = 0.08  # of the blocks: a person who sits down elsewhere changes about 0.05, a new slide 0.1 to 1
SCENE_GAP_S = 5.0  # between scenes: faster flicking through slides is one event to look for
FILL_GAP_S = 60.0  # without news, a picture a minute still shows the way
MOST_FRAMES = 60
BLANK_CONTRAST = 4.0  # standard deviation of grey levels: a black, faded or covered picture has less
POSTER_GAIN = 1.5  # a later frame has to be this much richer in contrast to be worth more than an earlier one


def scene_starts(times_s: Sequence[float], blocks: NDArray[np.uint8]) -> tuple[int, ...]:
    """Numbers of the frames that start a slide or scene, in order; the first frame always does.

    ``blocks`` are the grey means of each frame's blocks, shape (frames, blocks), in order of ``times_s``. Of scenes
    less than SCENE_GAP_S apart the stronger one is kept, and of all the MOST_FRAMES strongest.
    """
    if not len(times_s):
        return ()
    strengths = change_shares(blocks)
    chosen = [0]
    for frame in sorted(range(1, len(times_s)), key=lambda number: -strengths[number]):
        if strengths[frame] < SCENE_SHARE or len(chosen) == MOST_FRAMES:
            break
        if all(abs(times_s[frame] - times_s[other]) >= SCENE_GAP_S for other in chosen):
            chosen.append(frame)
    return tuple(sorted(chosen))


def change_shares(blocks: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the blocks (0 to 1) that each frame changes for good, shape (frames,); 0 for the first frame."""
    import numpy as np

    shares = np.zeros(len(blocks))
    for frame in range(1, len(blocks)):
        earlier, before, now = blocks[max(0, frame - 2)], blocks[frame - 1], blocks[frame]
        after = blocks[min(frame + 1, len(blocks) - 1)]
        new = _differs(before, now) & _differs(earlier, now)  # the end of a flash brings back what was there
        shares[frame] = np.mean(new & _differs(before, after) & ~_differs(now, after))
    return shares


def fill_gaps(times_s: Sequence[float], chosen: Sequence[int]) -> tuple[int, ...]:
    """``chosen`` with frames added in the middle of long gaps, until none is left or there are MOST_FRAMES."""
    result = list(chosen)
    while len(result) < MOST_FRAMES:
        gap_s, frame = max((_gap(times_s, result, place) for place in range(len(result))), default=(0.0, -1))
        if gap_s <= FILL_GAP_S:
            break
        result = sorted({*result, frame})
    return tuple(result)


def is_blank(contrast: float) -> bool:
    """Whether a frame of this contrast (standard deviation of its grey levels) shows next to nothing."""
    return contrast < BLANK_CONTRAST


def is_better_poster(contrast: float, than: float) -> bool:
    """Whether a later frame is so much richer that it should stand for the lesson instead of an earlier one."""
    return contrast > POSTER_GAIN * than


def _differs(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import numpy as np

    change = one.astype(np.float32) - other.astype(np.float32)
    shift = float(np.median(change))
    if abs(shift) <= EXPOSURE_SHIFT:
        change -= shift
    return np.asarray(np.abs(change) > BLOCK_CHANGE)


def _gap(times_s: Sequence[float], chosen: Sequence[int], place: int) -> tuple[float, int]:
    """The seconds from one chosen frame to the next (or the end), and the frame nearest to the middle between them."""
    first = chosen[place]
    last = chosen[place + 1] if place + 1 < len(chosen) else len(times_s)
    if last - first < 2:
        return 0.0, -1
    end_s = times_s[last] if last < len(times_s) else times_s[-1]
    middle_s = (times_s[first] + end_s) / 2
    return end_s - times_s[first], min(range(first + 1, last), key=lambda number: abs(times_s[number] - middle_s))
