"""Labelling by single keys in a terminal: one result after the other, the most uncertain first, each kept at once.

The reader of keys and the printer of lines are handed in, so that it works on a real terminal, on a dumb one by lines,
and in a test. What is shown comes from strangers: no control sign of it reaches the terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from audit.address import host_of
from audit.models import Cause, Label, LabelOrigin
from audit.sheet import WORDS, Place

STEPS: Mapping[str, float] = {"1": -1.0, "2": -0.5, "3": 0.0, "4": 0.5, "5": 1.0}
ANOTHER = "n"
HELP = (
    "1 negative  2 rather negative  3 neutral  4 rather positive  5 positive"
    "  n not about the brand  s skip  u undo  q quit"
)
_LONGEST = 400
_SHOWN_PLACES = 3


class Keeper(Protocol):
    """Where answers go. `take_back` leaves the result as it was before the answer."""

    def keep(self, label: Label) -> None: ...

    def take_back(self, label: Label) -> None: ...


@dataclass
class Quick:
    """One sitting of one person."""

    queue: Sequence[Sequence[Place]]
    """As `audit.sheet.in_order` gives it."""
    who: str
    now: Callable[[], datetime]
    key: Callable[[], str]
    """The next key; "" where there is none any more."""
    tell: Callable[[str], None]
    keeper: Keeper
    kept: dict[int, Label] = field(default_factory=dict)
    """Answers of this sitting by place in the queue."""

    def run(self) -> int:
        """Ask until the queue or the person is at its end. Returns how many answers are kept."""
        at = 0
        while at < len(self.queue):
            self._show(at)
            following = self._answered(at)
            if following is None:
                break
            at = following
        return len(self.kept)

    def _answered(self, at: int) -> int | None:
        """The next place to ask; None to stop. Asks again until a known key comes."""
        while True:
            key = self.key()
            match key.lower():
                case "" | "q":
                    return None
                case "s":
                    return at + 1
                case "u":
                    return self._undone(at)
                case ("1" | "2" | "3" | "4" | "5" | "n") as known:
                    self._keep(at, known)
                    return at + 1
            self.tell(HELP)

    def _keep(self, at: int, key: str) -> None:
        label = answer(self.queue[at][0].label, key, self.who, self.now())
        self.keeper.keep(label)
        self.kept[at] = label

    def _undone(self, at: int) -> int:
        """Back to the result before this one, its answer taken back; the first one is asked again."""
        back = max(0, at - 1)
        label = self.kept.pop(back, None) if at else None
        if label is not None:
            self.keeper.take_back(label)
        self.tell("taken back" if label else "nothing to take back")
        return back

    def _show(self, at: int) -> None:
        places = self.queue[at]
        hit, label = places[0].hit, places[0].label
        where = ", ".join(f"{place.engine} {place.hit.position} ({place.keyword})" for place in places[:_SHOWN_PLACES])
        self.tell("")
        self.tell(plain(f"[{at + 1}/{len(self.queue)}] {host_of(hit.url) or hit.url}  -  {where}"))
        self.tell(f"  {plain(hit.title)}")
        if hit.snippet:
            self.tell(f"  {plain(hit.snippet)}")
        self.tell(f"  guess: {guess(label)}")
        self.tell(HELP)


def waiting(places: Sequence[Sequence[Place]], answered: Collection[str]) -> list[Sequence[Place]]:
    """The queue without results that were answered; `answered` holds addresses (or keys) and titles' digests."""
    return [each for each in places if subject(each[0].label) not in answered]


def subject(label: Label) -> str:
    """What an answer belongs to: the address under the title that was seen."""
    return f"{label.address or label.key} {label.title_hash}"


def answer(guessed: Label, key: str, who: str, when: datetime) -> Label:
    """The person's label. Cause, owner and severity stay the engine's where they fit what the person says."""
    sentiment = guessed.sentiment if key == ANOTHER else STEPS[key]
    bad = key != ANOTHER and sentiment is not None and sentiment < 0
    said = {
        "sentiment": sentiment,
        "about_brand": key != ANOTHER,
        "cause": guessed.cause if bad else Cause.UNKNOWN,
        "severity": max(1, guessed.severity) if bad else 0,
    }
    origin = {"confidence": 1.0, "p": None, "uncertain": False, "by": LabelOrigin.PERSON, "because": (f"person:{who}",)}
    return guessed.model_copy(update=said | origin | {"who": who, "when": when, "note": ""})


def guess(label: Label) -> str:
    """What the engine thinks and why, in one line."""
    word = next(word for word, step in WORDS.items() if step == label.sentiment)
    about = "" if label.about_brand else "not about the brand, "
    shares = " / ".join(f"{share:.2f}" for share in label.p or ())
    sure = "uncertain, " if label.uncertain else ""
    facts = [sure + f"p {shares}" if shares else sure.removesuffix(", "), "; ".join(label.because)]
    return plain(f"{about}{word}  ({', '.join(part for part in facts if part)})")


def plain(text: str) -> str:
    """One line without control, format and private signs: a title must not move the cursor or turn the line round."""
    kept = "".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text)
    line = " ".join(kept.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
