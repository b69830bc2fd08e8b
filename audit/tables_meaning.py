"""The table `[meaning]` of a brief: which engine judges the words, and what it needs."""

from __future__ import annotations

from pydantic import Field, field_validator

from audit.models import Document


class MeaningTable(Document):
    """`shipped` unless asked otherwise; keys never stand here but in the environment."""

    engine: str = Field(default="shipped", min_length=1)
    model: str = ""
    """Folder of an ONNX model, or the name of the endpoint's model."""
    address: str = ""
    consent: str = ""
    """For an endpoint: "texts may leave this machine: who decided, and why"."""

    @field_validator("address")
    @classmethod
    def _whole(cls, address: str) -> str:
        if address and not address.startswith(("http://", "https://")):
            raise ValueError(f"{address!r} is no address; write it whole, like 'https://host.example/v1'")
        return address
