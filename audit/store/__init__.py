"""Evidence, Snapshots, people's labels and Audits in SQLite or PostgreSQL: the only importer of sqlalchemy."""

from audit.store.documents import ArchiveEntry, SnapshotEntry, Store
from audit.store.memory import PaceMemory

__all__ = ["ArchiveEntry", "PaceMemory", "SnapshotEntry", "Store"]
