"""A plot of time against records as SVG, legible on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

__all__ = ["Lines", "svg"]

#: By engine its points: records and milliseconds.
Lines = Mapping[str, Sequence[tuple[int, float]]]

_ACROSS = 2
_PANEL = 400
_HEIGHT = 310
_LEGEND = 30
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 40, 44
#: Of middle lightness, so that they stand out from white and from black.
_COLOURS = ("#e5484d", "#3e8fdd", "#2f9e63", "#c27c0e", "#9a6dd7", "#7b8794")
_INK = "#757d87"
_MARKER = 3.5


def svg(panels: Mapping[str, Lines]) -> str:
    """Panels two by two on logarithmic axes of the same ranges, with one legend below.

    The first engine is drawn last and thicker. ``ValueError`` where there is no point at all.
    """
    engines = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    points = [point for lines in panels.values() for line in lines.values() for point in line]
    if not points:
        raise ValueError("there is nothing to plot")
    bounds = [
        (floor(log10(min(values))), max(ceil(log10(max(values))), floor(log10(min(values))) + 1))
        for values in zip(*points, strict=True)
    ]
    width, plotted = _PANEL * _ACROSS, _HEIGHT * ceil(len(panels) / _ACROSS)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {plotted + _LEGEND}" '
        f'width="{width}" font-family="sans-serif" font-size="12" fill="{_INK}" role="img">',
        f"<title>{escape('Milliseconds a query against records: ' + '; '.join(panels))}</title>",
    ]
    for number, (title, lines) in enumerate(panels.items()):
        down, right = divmod(number, _ACROSS)
        out.append(f'<g transform="translate({right * _PANEL},{down * _HEIGHT})">')
        out += _axes(title, bounds)
        for place, engine in reversed([*enumerate(engines)]):
            if engine in lines:
                out += _line(lines[engine], bounds, _COLOURS[place % len(_COLOURS)], place == 0)
        out.append("</g>")
    share = (width - _LEFT) // len(engines)
    for place, engine in enumerate(engines):
        x, y, colour = _LEFT + place * share, plotted + 10, _COLOURS[place % len(_COLOURS)]
        out.append(
            f'<rect x="{x}" y="{y}" width="18" height="4" fill="{colour}"/>'
            f'<text x="{x + 24}" y="{y + 6}">{escape(engine)}</text>'
        )
    return "\n".join((*out, "</svg>\n"))


def _place(value: float, axis: int, bounds: Sequence[tuple[int, int]]) -> float:
    first, last = bounds[axis]
    share = (log10(value) - first) / (last - first)
    if axis == 0:
        return round(_LEFT + share * (_PANEL - _LEFT - _RIGHT), 1)
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _axes(title: str, bounds: Sequence[tuple[int, int]]) -> list[str]:
    out = [f'<text x="{_LEFT}" y="22" font-size="14" font-weight="bold">{escape(title)}</text>']
    left, right = _LEFT, _PANEL - _RIGHT
    for power in range(bounds[1][0], bounds[1][1] + 1):
        y = _place(10.0**power, 1, bounds)
        out.append(f'<path d="M{left} {y}H{right}" stroke="{_INK}" stroke-opacity=".35"/>')
        out.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g} ms</text>')
    top, bottom = _TOP, _HEIGHT - _BOTTOM
    for power in range(bounds[0][0], bounds[0][1] + 1):
        x = _place(10.0**power, 0, bounds)
        out.append(f'<path d="M{x} {top}V{bottom}" stroke="{_INK}" stroke-opacity=".35"/>')
        anchor = "end" if power == bounds[0][1] else "middle"
        out.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="{anchor}">{10**power:,}</text>')
    out.append(
        f'<text x="{(left + right) / 2}" y="{bottom + 36}" text-anchor="middle">records</text>'
    )
    return out


def _line(
    line: Sequence[tuple[int, float]],
    bounds: Sequence[tuple[int, int]],
    colour: str,
    thick: bool,
) -> list[str]:
    places = [(_place(x, 0, bounds), _place(y, 1, bounds)) for x, y in sorted(line)]
    path = " ".join(f"{x},{y}" for x, y in places)
    width = 4 if thick else 2
    out = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>']
    out += [f'<circle cx="{x}" cy="{y}" r="{_MARKER}" fill="{colour}"/>' for x, y in places]
    return out
