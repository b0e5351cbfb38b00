"""Draws curves as an SVG: python plot.py report.json curve.svg"""

import json
import math
import pathlib
import sys
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 360, 64, 40, 24, 48
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555", "#999933"]
MARKS = 5


def curves(title: str, x_name: str, y_name: str, series: dict[str, list[tuple[float, float]]],
           is_log: bool = False, goal: tuple[str, float] | None = None) -> str:
    """The chart of each series' points, with x on a logarithmic scale if wanted, and a dashed line at a goal."""
    points = [point for line in series.values() for point in line]
    heights = [y for _, y in points] + ([goal[1]] if goal else [])
    x_marks, y_marks = _marks([x for x, _ in points], is_log), _marks(heights, False)
    x_low, x_high, y_low, y_high = x_marks[0], x_marks[-1], y_marks[0], y_marks[-1]

    def across(x: float) -> float:
        low, high, at = (math.log(value) for value in (x_low, x_high, x)) if is_log else (x_low, x_high, x)
        return LEFT + (at - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    def text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'

    parts = [text(WIDTH / 2, 18, title, more='font-weight="bold"'), text(WIDTH / 2, HEIGHT - 8, x_name)]
    parts.append(text(14, HEIGHT / 2, y_name, more=f'transform="rotate(-90 14 {HEIGHT / 2:.0f})"'))
    for x in x_marks:
        parts.append(text(across(x), HEIGHT - BOTTOM + 16, f"{x:g}"))
    for y in y_marks:
        parts.append(text(LEFT - 6, down(y) + 4, f"{y:g}", "end"))
        parts.append(f'<path d="M{LEFT} {down(y):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
    if goal:
        parts.append(f'<path d="M{LEFT} {down(goal[1]):.1f}H{WIDTH - RIGHT}" stroke="#333" stroke-dasharray="4"/>')
        parts.append(text(WIDTH - RIGHT, down(goal[1]) - 4, goal[0], "end"))
    for number, (name, line) in enumerate(series.items()):
        colour, path = COLOURS[number % len(COLOURS)], " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(series) > 1:
            parts.append(text(WIDTH - RIGHT - 4, TOP + 14 * (number + 1), name, "end", f'fill="{colour}"'))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *parts, "</svg>\n"])


def _marks(values: list[float], is_log: bool) -> list[float]:
    """Round numbers from below the values to above them: powers of ten on a logarithmic scale, else some five."""
    low, high = min(values), max(values)
    if is_log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [10.0**power for power in range(first, max(last, first + 1) + 1)]
    rough = (high - low or 1) / MARKS
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


if __name__ == "__main__":
    report = json.loads(pathlib.Path(sys.argv[1]).read_text())
    lines = {name: [(point["version"], point[name]) for point in report["points"]] for name in report["shown"]}
    goal = tuple(report["goal"]) if report["goal"] else None
    chart = curves(report["title"], "version", ", ".join(lines), lines, goal=goal)
    pathlib.Path(sys.argv[2]).write_text(chart)
