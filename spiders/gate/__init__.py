"""The one way out: who may be asked, when, and which address is dialled. `gate.py` is what fetchers use."""
