"""The version of the annotation engine, written into every result."""

ANNOTATOR_VERSION = "0.2.0"
