"""Pictures of the sample lesson: what stands on the classroom board, and below it who is speaking.

Everything is drawn by Pillow with the font it carries, at twice the size and scaled down, so that edges are smooth.
Coordinates are pixels of the finished picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

WIDTH_PX, HEIGHT_PX = 1280, 720
FINER = 2  # drawn this much larger

Colour = str
Point = tuple[float, float]
Box = tuple[float, float, float, float]

WALL, FRAME, BOARD = "#dfe5ea", "#8e9aa6", "#ffffff"
INK, SOFT_INK, FAINT = "#1d2b4f", "#5c6b80", "#c9d2dc"
WATER, WAVE, GLASS = "#cfe8f7", "#3b8ec8", "#7f93a8"
CLAY, CLAY_EDGE = "#b9683c", "#7d4123"
WOOD, WOOD_EDGE = "#d9ad6c", "#8c6430"
COIN, COIN_EDGE = "#e8c04a", "#94731a"
RED, GREEN, ORANGE, NOTE = "#c8423b", "#2c8a57", "#e58a24", "#ffe88a"

LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 40, 1240, 28, 590  # the board
SEATS_TOP_PX = 612


@dataclass(frozen=True, slots=True)
class Scene:
    """What a frame shows: a slide, the ids of those who speak, and the seconds left of group talk (None elsewhere)."""

    slide: str
    speaking: frozenset[str]
    left_s: int | None


class Pen:
    """Draws in pixels of the finished picture."""

    def __init__(self, image: Image.Image) -> None:
        self.draw = ImageDraw.Draw(image)

    def text(
        self, at: Point, words: str, size: int, colour: Colour = INK, *, anchor: str = "mm", bold: int = 0
    ) -> None:
        """``anchor`` as in Pillow; ``bold`` thickens the letters by so many half pixels."""
        font = ImageFont.load_default(size * FINER)
        place = (at[0] * FINER, at[1] * FINER)
        self.draw.text(place, words, colour, font, anchor, stroke_width=bold, stroke_fill=colour)

    def box(
        self, box: Box, fill: Colour | None, edge: Colour | None = None, *, width: int = 3, radius: float = 0
    ) -> None:
        """A rectangle with round corners."""
        self.draw.rounded_rectangle(_scaled(box), radius * FINER, fill, edge, width * FINER)

    def oval(self, box: Box, fill: Colour | None, edge: Colour | None = None, *, width: int = 3) -> None:
        """An ellipse that fills ``box``."""
        self.draw.ellipse(_scaled(box), fill, edge, width * FINER)

    def line(self, points: list[Point], colour: Colour = INK, width: int = 4) -> None:
        """A bent line with round joints."""
        flat = [value for point in points for value in _scaled(point)]
        self.draw.line(flat, colour, width * FINER, "curve")

    def shape(self, points: list[Point], fill: Colour, edge: Colour, width: int = 4) -> None:
        """A closed shape."""
        self.draw.polygon([value for point in points for value in _scaled(point)], fill)
        self.line([*points, points[0], points[1]], edge, width)

    def slice(self, box: Box, share: float, fill: Colour) -> None:
        """A slice of a cake from the top, clockwise."""
        self.draw.pieslice(_scaled(box), -90, -90 + 360 * share, fill)

    def arrow(self, start: Point, end: Point, colour: Colour = INK) -> None:
        """A straight arrow."""
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        self.line([start, end], colour, 5)
        wings = [(end[0] - 22 * math.cos(angle + turn), end[1] - 22 * math.sin(angle + turn)) for turn in (-0.5, 0.5)]
        self.line([wings[0], end, wings[1]], colour, 5)


def _scaled(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(value * FINER for value in values)


class Board:
    """Draws the scenes of one lesson and keeps those it drew.

    ``people`` maps ids to names, the teacher first; ``groups`` are the names at the two tables, at most three at each.
    """

    def __init__(self, title: str, people: dict[str, str], groups: tuple[tuple[str, ...], ...]) -> None:
        self.title, self.people, self.groups = title, people, groups
        self._slides: dict[str, Image.Image] = {}
        self._pictures: dict[Scene, bytes] = {}

    def picture(self, scene: Scene) -> bytes:
        """A frame as packed RGB, HEIGHT_PX rows of WIDTH_PX pixels."""
        if scene not in self._pictures:
            self._pictures[scene] = self.draw(scene).tobytes()
        return self._pictures[scene]

    def draw(self, scene: Scene) -> Image.Image:
        """A frame as an image."""
        image = self._slide(scene.slide).copy()
        pen = Pen(image)
        self._seats(pen, scene.speaking)
        if scene.left_s is not None:
            _timer(pen, scene.left_s)
        return image.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)

    def _slide(self, name: str) -> Image.Image:
        if name not in self._slides:
            image = Image.new("RGB", (WIDTH_PX * FINER, HEIGHT_PX * FINER), WALL)
            pen = Pen(image)
            pen.box((LEFT_PX + 4, TOP_PX + 7, RIGHT_PX + 4, BOTTOM_PX + 7), "#c3ccd5", radius=14)
            pen.box((LEFT_PX, TOP_PX, RIGHT_PX, BOTTOM_PX), BOARD, FRAME, width=5, radius=14)
            SLIDES[name](pen, self)
            self._slides[name] = image
        return self._slides[name]

    def _seats(self, pen: Pen, speaking: frozenset[str]) -> None:
        """A plate for everybody; that of a speaker is lit."""
        width, gap = 172, 12
        first = (WIDTH_PX - len(self.people) * (width + gap) + gap) / 2
        for number, (person, name) in enumerate(self.people.items()):
            left, lit = first + number * (width + gap), person in speaking
            box = (left, SEATS_TOP_PX, left + width, SEATS_TOP_PX + 58)
            pen.box(box, ORANGE if lit else "#f5f7f9", ORANGE if lit else FRAME, width=2, radius=16)
            pen.text((left + width / 2, SEATS_TOP_PX + 30), name, 25, bold=2 if lit else 1)
        pen.text((WIDTH_PX / 2, 696), "Everybody in this lesson is invented; the voices are synthetic.", 18, SOFT_INK)


def _heading(pen: Pen, words: str) -> None:
    pen.text((LEFT_PX + 44, TOP_PX + 62), words, 50, anchor="lm", bold=2)
    pen.line([(LEFT_PX + 44, TOP_PX + 104), (RIGHT_PX - 44, TOP_PX + 104)], FAINT, 3)


def _waves(pen: Pen, left: float, right: float, top: float) -> None:
    steps = int((right - left) / 4)
    points = [(left + (right - left) * i / steps, top + 4 * math.sin(i / 4)) for i in range(steps + 1)]
    pen.line(points, WAVE, 4)


def _tank(pen: Pen, box: Box, surface: float) -> None:
    """A glass tank with water up to ``surface``."""
    left, top, right, bottom = box
    pen.box((left, surface, right, bottom), WATER)
    _waves(pen, left, right, surface)
    pen.line([(left, top), (left, bottom), (right, bottom), (right, top)], GLASS, 6)


def _boat(pen: Pen, middle: float, top: float, size: float = 1.0) -> None:
    """A hollow boat of clay seen from the side, its rim at ``top``."""
    rim = [(-110, 0), (-88, 0), (-66, 52), (66, 52), (88, 0), (110, 0), (80, 76), (-80, 76)]
    pen.shape([(middle + x * size, top + y * size) for x, y in rim], CLAY, CLAY_EDGE)


def _lump(pen: Pen, middle: float, bottom: float, radius: float = 56) -> None:
    pen.oval((middle - radius, bottom - 2 * radius, middle + radius, bottom), CLAY, CLAY_EDGE, width=4)
    pen.oval((middle - radius * 0.5, bottom - radius * 1.7, middle - radius * 0.1, bottom - radius * 1.4), "#cf8a60")


def _block(pen: Pen, box: Box) -> None:
    left, top, right, bottom = box
    pen.box(box, WOOD, WOOD_EDGE, width=4, radius=6)
    for share in (0.28, 0.52, 0.76):
        level = top + (bottom - top) * share
        pen.line([(left + 14, level), (right - 14, level)], "#bf8f4d", 3)


def _coin(pen: Pen, middle: Point, radius: float) -> None:
    x, y = middle
    pen.oval((x - radius, y - radius, x + radius, y + radius), COIN, COIN_EDGE, width=4)
    pen.oval((x - radius * 0.72, y - radius * 0.72, x + radius * 0.72, y + radius * 0.72), None, COIN_EDGE, width=2)


def _bubble(pen: Pen, box: Box, words: list[str], edge: Colour) -> None:
    """A speech bubble with a tail to the lower left."""
    left, top, right, bottom = box
    pen.box(box, "#f7f9fb", edge, width=4, radius=34)
    pen.shape([(left + 60, bottom - 6), (left + 40, bottom + 44), (left + 116, bottom - 6)], "#f7f9fb", edge)
    pen.box((left + 56, bottom - 16, left + 122, bottom - 4), "#f7f9fb")
    step = (bottom - top) / (len(words) + 1)
    for row, line in enumerate(words, 1):
        pen.text(((left + right) / 2, top + step * row), line, 38, bold=1)


def _title(pen: Pen, board: Board) -> None:
    pen.text((640, 128), board.title, 78, bold=4)
    pen.text((640, 206), "Science: floating and sinking", 36, SOFT_INK)
    pen.box((46, 400, 1234, 584), WATER, radius=8)
    _waves(pen, 46, 1234, 400)
    pen.shape([(470, 364), (810, 364), (752, 446), (528, 446)], RED, "#7f2420")
    pen.box((560, 312, 720, 364), "#ffffff", INK)
    for x in (594, 640, 686):
        pen.oval((x - 11, 327, x + 11, 349), WATER, INK, width=2)
    pen.box((650, 262, 690, 312), ORANGE, INK)
    _coin(pen, (1010, 548), 26)
    _block(pen, (196, 370, 300, 436))


def _tests(pen: Pen, board: Board) -> None:
    _heading(pen, "Last week's tests")
    for left, name, result, colour in ((110, "a coin", "sinks", RED), (690, "a wooden block", "floats", GREEN)):
        _tank(pen, (left, 190, left + 480, 460), 250)
        pen.text((left + 240, 500), name, 38, bold=1)
        pen.text((left + 240, 550), result, 40, colour, bold=2)
    _coin(pen, (350, 424), 32)
    _block(pen, (850, 212, 1010, 302))


def _air(pen: Pen, board: Board) -> None:
    _heading(pen, "Is there air inside?")
    _block(pen, (130, 190, 560, 450))
    for row in range(4):
        for column in range(7):
            x, y = 172 + column * 56 + 16 * (row % 2), 226 + row * 60
            pen.oval((x - 10, y - 8, x + 10, y + 8), "#fdfdfd", WOOD_EDGE, width=2)
    pen.text((345, 498), "the wooden block", 36, bold=1)
    pen.text((345, 548), "tiny air holes", 38, GREEN, bold=2)
    _coin(pen, (920, 320), 128)
    pen.text((920, 498), "the coin", 36, bold=1)
    pen.text((920, 548), "no air", 38, RED, bold=2)


def _lump_test(pen: Pen, board: Board) -> None:
    _heading(pen, "Test 1: a lump of clay")
    _tank(pen, (360, 170, 920, 520), 240)
    _lump(pen, 640, 514, 66)
    for x, y, size in ((600, 350, 9), (672, 318, 7), (628, 284, 6), (690, 366, 5)):
        pen.oval((x - size, y - size, x + size, y + size), "#f3fafe", WAVE, width=2)
    pen.text((640, 556), "Float or sink?", 38, bold=2)


def _boat_question(pen: Pen, board: Board) -> None:
    _heading(pen, "Test 2: a boat of clay")
    _lump(pen, 300, 424, 90)
    pen.arrow((450, 334), (690, 334))
    pen.text((570, 296), "same clay", 34, SOFT_INK, bold=1)
    _boat(pen, 930, 276, 1.7)
    pen.text((300, 480), "lump", 38, bold=1)
    pen.text((930, 480), "boat", 38, bold=1)
    pen.text((640, 548), "Will the boat float or sink?", 42, bold=2)


def _think(pen: Pen, board: Board) -> None:
    _heading(pen, "Think quietly")
    for box in ((330, 180, 950, 470), (270, 430, 340, 486), (216, 492, 258, 526)):
        pen.oval(box, "#f2f7fb", WAVE, width=4)
    _boat(pen, 640, 238, 0.9)
    pen.text((640, 362), "What will happen to the boat?", 36, bold=1)
    pen.text((640, 412), "Why?", 40, ORANGE, bold=2)
    pen.text((640, 540), "No talking yet", 36, SOFT_INK)


def _pairs(pen: Pen, board: Board) -> None:
    """Two tables; the clock between them is drawn anew every second."""
    _heading(pen, "Talk in your groups")
    for middle, members in zip((300, 980), board.groups, strict=True):
        pen.box((middle - 120, 256, middle + 120, 396), WOOD, WOOD_EDGE, width=4, radius=20)
        _boat(pen, middle, 300, 0.7)
        spots = ((middle - 90, 216), (middle + 90, 216), (middle, 436))
        for (x, y), name in zip(spots, members, strict=False):
            pen.oval((x - 66, y - 28, x + 66, y + 28), "#eef3f7", INK, width=3)
            pen.text((x, y + 1), name, 28, bold=1)
    pen.text((640, 530), "What will happen to the boat? How do you know?", 40, bold=2)


def _timer(pen: Pen, left_s: int) -> None:
    box = (560, 230, 720, 390)
    pen.oval(box, "#eef3f7", INK, width=4)
    pen.slice((568, 238, 712, 382), min(1.0, left_s / 60), ORANGE)  # the dial holds a minute
    pen.oval((590, 260, 690, 360), BOARD)
    pen.text((640, 311), str(left_s), 46, bold=2)
    pen.text((640, 420), "seconds left", 28, SOFT_INK)


def _report(pen: Pen, board: Board) -> None:
    _heading(pen, "Tell us")
    _bubble(pen, (110, 186, 660, 350), ["What did your", "group decide?"], WAVE)
    _bubble(pen, (560, 372, 1150, 516), ["How do you know?"], ORANGE)
    _boat(pen, 950, 220, 1.0)


def _result(pen: Pen, board: Board) -> None:
    _heading(pen, "Test 2: a boat of clay")
    _tank(pen, (300, 190, 980, 520), 330)
    pen.shape([(526, 276), (754, 276), (726, 343), (554, 343)], BOARD, BOARD)  # no water in the boat
    _boat(pen, 640, 276, 1.3)
    pen.text((640, 556), "Watch the boat", 38, bold=2)


def _compare(pen: Pen, board: Board) -> None:
    _heading(pen, "Lump and boat")
    _lump(pen, 520, 284, 60)
    _boat(pen, 950, 186, 1.2)
    for level in (300, 432, 566):
        pen.line([(110, level), (1170, level)], FAINT, 3)
    pen.text((120, 366), "What is the same?", 38, GREEN, anchor="lm", bold=2)
    pen.text((120, 498), "What is different?", 38, RED, anchor="lm", bold=2)
    for x in (520, 950):
        pen.text((x, 366), "?", 54, GREEN, bold=2)
        pen.text((x, 498), "?", 54, RED, bold=2)


def _exit(pen: Pen, board: Board) -> None:
    _heading(pen, "Before you go")
    pen.shape([(390, 170), (890, 170), (890, 480), (840, 530), (390, 530)], NOTE, "#c9a93a", 3)
    pen.shape([(890, 480), (840, 530), (846, 486)], "#e8cb5c", "#c9a93a", 3)
    pen.text((440, 236), "The boat floats", 42, anchor="lm", bold=1)
    pen.text((440, 296), "because ...", 42, anchor="lm", bold=1)
    for level in (370, 420, 470):
        pen.line([(440, level), (820, level)], "#d8bd55", 3)


SLIDES: dict[str, Callable[[Pen, Board], None]] = {
    "title": _title,
    "tests": _tests,
    "air": _air,
    "lump": _lump_test,
    "boat": _boat_question,
    "think": _think,
    "pairs": _pairs,
    "report": _report,
    "result": _result,
    "compare": _compare,
    "exit": _exit,
}
