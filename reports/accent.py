"""The house's colour on dark ground: lightened until it can be told from it, hue kept."""

from __future__ import annotations

DARK_PAPER = "#14181D"
"""`--paper` of the style sheet in dark mode; a test holds the two together."""
LEGIBLE = 4.5  # WCAG 2.2 AA, 1.4.3
STEPS = 50


def for_dark(colour: str) -> str:
    """The nearest tint of `#rrggbb` with a contrast of at least `LEGIBLE` on dark paper."""
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(STEPS + 1):
        tint = "#" + "".join(f"{c + (255 - c) * step // STEPS:02X}" for c in channels)
        if contrast(tint, DARK_PAPER) >= LEGIBLE:
            return tint
    return "#FFFFFF"


def contrast(one: str, other: str) -> float:
    """1..21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
