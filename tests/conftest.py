"""Set for every test: no property is timed, for speed is measured in benchmarks/ and a busy machine proves nothing."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
