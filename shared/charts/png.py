"""A drawing as a PNG, for where SVG is not shown: in mails. In light colours on its own white ground, so that a dark
mail reader does not swallow it; three pixels for one unit, as phones have."""

from __future__ import annotations

from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Literal

from shared.charts.colours import SHADES, Colour
from shared.charts.scene import Anchor, Dot, Item, Scene, Shape, Text

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.font_manager import FontProperties
    from matplotlib.transforms import Transform

_PIXELS = 3
_POINTS = 72  # an inch: at so many units an inch, one point is one unit
_COLOURS = 96
_FONTS = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
_ALIGNED: dict[Anchor, Literal["left", "center", "right"]] = {"start": "left", "middle": "center", "end": "right"}
# Settings and fonts of what draws are global.
_drawing = Lock()


def as_png(scene: Scene) -> bytes:
    """Three pixels a unit; the same scene gives the same bytes. May be called from any thread."""
    size, pixels = _rastered(scene)
    # Drawing is rare and its libraries large: whoever only reads pages or letters does not load them.
    from PIL import Image  # noqa: PLC0415

    stored = BytesIO()
    # A palette is enough for so few colours, and a third of the size.
    drawn = Image.frombuffer("RGBA", size, pixels).convert("RGB")
    drawn.quantize(_COLOURS, dither=Image.Dither.NONE).save(stored, format="PNG", optimize=True)
    return stored.getvalue()


def _rastered(scene: Scene) -> tuple[tuple[int, int], bytes]:
    """Width and height in pixels, and red, green, blue and opacity of each."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.transforms import Affine2D  # noqa: PLC0415

    width, height = round(scene.width * _PIXELS), round(scene.height * _PIXELS)
    stored = BytesIO()
    with _drawing:
        mpl.rcdefaults()  # a style file on the machine must not change the letter
        dpi = _POINTS * _PIXELS
        figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor="white")
        place = Affine2D().scale(_PIXELS, -_PIXELS).translate(0, height)
        for item in scene.items:
            figure.add_artist(_artist(item, place))
        figure.savefig(stored, format="rgba", dpi=dpi)
    return (width, height), stored.getvalue()


def _artist(item: Item, place: Transform) -> Artist:
    from matplotlib.patches import Circle, PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415
    from matplotlib.patheffects import withStroke  # noqa: PLC0415
    from matplotlib.text import Text as Letters  # noqa: PLC0415

    match item:
        case Shape():
            paths = [Path([*part, part[0]], closed=True) if item.fill else Path(list(part)) for part in item.parts]
            return PathPatch(
                Path.make_compound_path(*paths),
                facecolor=_light(item.fill),
                edgecolor=_light(item.stroke),
                linewidth=item.width if item.stroke else 0,
                # In points, as in SVG, and not in widths of the line.
                linestyle=(0, tuple(step / item.width for step in item.dash)) if item.dash else "solid",
                capstyle="round" if item.rounded else "butt",
                joinstyle="round" if item.rounded else "miter",
                transform=place,
            )
        case Dot():
            return Circle((item.x, item.y), item.radius, facecolor=_light(item.fill), linewidth=0, transform=place)
        case Text():
            letters = Letters(
                item.x, item.y, item.text, color=_light(item.colour), fontproperties=_font(item),
                horizontalalignment=_ALIGNED[item.anchor], verticalalignment="baseline", transform=place,
                parse_math=False,  # a dollar sign in a name is no formula
            )  # fmt: skip
            if item.halo:
                letters.set_path_effects([withStroke(linewidth=3, foreground="white")])
            return letters


def _font(text: Text) -> FontProperties:
    """The font that comes with what draws: one that is on a machine under the same name may be another version."""
    from matplotlib import get_data_path  # noqa: PLC0415
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415

    return FontProperties(fname=f"{get_data_path()}/fonts/ttf/{_FONTS[text.bold]}", size=text.size)


def _light(colour: Colour | None) -> str:
    return SHADES[colour].light if colour else "none"
