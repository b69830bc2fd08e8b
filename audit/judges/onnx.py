"""A transformer of your own, by path (extra `onnx`): a folder with `model.onnx`, `tokenizer.json` and, where the
classes are not negative, neutral, positive in this order, `config.json` with `id2label`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from audit.combine import Shares
from audit.errors import UsageError
from audit.judges import Judge, Options, Question

Session = Callable[[str], Sequence[float]]
"""Text -> one number a class (logits)."""
LONGEST = 256
"""Tokens; a search result has fewer."""


class Onnx:
    name = "onnx"

    def __init__(self, session: Session, classes: Sequence[int]) -> None:
        self._session, self._classes = session, classes

    def p(self, question: Question) -> Shares | None:
        text = f"{question.title}. {question.snippet}".strip(" .")
        if not text:
            return None
        raw = [float(value) for value in self._session(text)]
        if len(raw) != len(self._classes):
            raise UsageError(f"gives {len(raw)} classes, {len(self._classes)} were named.", where="model")
        lifted = [math.exp(value - max(raw)) for value in raw]
        shares = [0.0, 0.0, 0.0]
        for side, value in zip(self._classes, lifted, strict=True):
            shares[side] += value / sum(lifted)
        return (shares[0], shares[1], shares[2])


def make(options: Options) -> Judge:
    if options.session is not None:
        return Onnx(options.session, (0, 1, 2))
    if not options.model:
        raise UsageError("no model is named.", where="model", mend='Write model = "folder" beside engine = "onnx".')
    folder = Path(options.model)
    for name in ("model.onnx", "tokenizer.json"):
        if not (folder / name).is_file():
            raise UsageError(f"there is no {name}.", where=str(folder), mend="Name the folder that holds it.")
    return Onnx(_loaded(folder), classes_of(folder / "config.json"))


def classes_of(config: Path) -> tuple[int, ...]:
    """Class number -> side 0 negative, 1 neutral, 2 positive, from the names in `id2label`; stars 1-5 are known too."""
    if not config.is_file():
        return (0, 1, 2)
    named = json.loads(config.read_text("utf-8")).get("id2label", {})
    sides = []
    for number in sorted(named, key=int):
        word = str(named[number]).casefold()
        star = next((int(sign) for sign in word if sign.isdigit()), 0) if "star" in word else 0
        side = (star > 2) + (star > 3) if star else 1 + word.startswith("pos") - word.startswith("neg")
        sides.append(side)
    return tuple(sides) or (0, 1, 2)


def _loaded(folder: Path) -> Session:
    try:
        from onnxruntime import InferenceSession
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError(
            "onnxruntime and tokenizers are not installed.", where="engine", mend="pip install 'repaudit[onnx]'."
        ) from None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    session = InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    wanted = {each.name for each in session.get_inputs()}

    def run(text: str) -> Sequence[float]:
        import numpy

        coded = tokenizer.encode(text)
        fields = {"input_ids": coded.ids, "attention_mask": coded.attention_mask, "token_type_ids": coded.type_ids}
        given = {name: numpy.array([ids], dtype="int64") for name, ids in fields.items() if name in wanted}
        return [float(value) for value in session.run(None, given)[0][0]]

    return run
