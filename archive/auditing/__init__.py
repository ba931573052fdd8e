"""Compares PostgreSQL, the vault and the results bucket, and mends what can be mended without losing anything."""

from archive.auditing.audit import audit
from archive.auditing.findings import Kind

__all__ = ["Kind", "audit"]
