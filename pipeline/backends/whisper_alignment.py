"""When each token sounds, from a Whisper decoder's attention to the sound (for the engines that do not bring this along).

The method is that of openai-whisper: some heads of the decoder look at the sound of the token they write; their attention,
normalised and smoothed, is a matrix of tokens by time, through which dynamic time warping finds the monotonic path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

STEP_S = 0.02  # one frame of the encoder
MEDIAN_STEPS = 7  # smoothing over 0.14 s, as openai-whisper does


def token_edges_s(attention: torch.Tensor, *, prompt_tokens: int, length_s: float) -> tuple[float, ...]:
    """Edges of the text tokens in seconds from the window's start, one more than there are such tokens.

    ``attention``: weights of the alignment heads after the softmax over time, shape (heads, prompt + text + 1, frames);
    the last row is the end of text. ``length_s``: how much of the window holds sound; what lies behind is not looked at.
    """
    import torch

    frames = max(1, min(attention.shape[-1], round(length_s / STEP_S)))
    weights = attention[:, :, :frames].float()
    weights = weights / weights.sum(-1, keepdim=True)
    deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    weights = _median((weights - mean) / deviation.clamp_min(1e-9))
    rows = weights.mean(0)[prompt_tokens - 1 : -1]  # a row looks at the sound of the token after it
    path = warp(-rows.cpu().double().numpy())
    return tuple(float(step) * STEP_S for step in path)


def _median(weights: torch.Tensor) -> torch.Tensor:
    """Median over neighbouring moments; too short stretches stay as they are."""
    import torch

    reach = MEDIAN_STEPS // 2
    if weights.shape[-1] <= reach:
        return weights
    padded = torch.nn.functional.pad(weights, (reach, reach), mode="reflect")
    return padded.unfold(-1, MEDIAN_STEPS, 1).median(dim=-1).values


def warp(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each row of ``cost`` (rows, columns), the first column of the cheapest path from corner to corner.

    The path goes one row down, one column right, or both at once; every cell that it visits costs.
    """
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for row in range(1, rows + 1):
        # A path enters a row somewhere and goes right: least entry cost, less what lies before it, plus what lies before the end.
        entry = np.minimum(total[row - 1, :-1], total[row - 1, 1:])
        so_far = np.cumsum(cost[row - 1])
        total[row, 1:] = so_far + np.minimum.accumulate(entry - (so_far - cost[row - 1]))
    starts = np.zeros(rows, np.int64)
    row, column = rows, columns
    while row > 0 and column > 0:
        starts[row - 1] = column - 1
        step = np.argmin([total[row - 1, column - 1], total[row - 1, column], total[row, column - 1]])
        row -= int(step != 2)
        column -= int(step != 1)
    return starts
