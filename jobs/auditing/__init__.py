"""Compares PostgreSQL, DynamoDB and S3, and mends what can be mended without losing anything."""

from jobs.auditing.audit import audit
from jobs.auditing.findings import Finding, Kind, Scope

__all__ = ["Finding", "Kind", "Scope", "audit"]
