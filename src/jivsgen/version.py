"""The one place where the version is written; the build back end reads it from here."""

VERSION = "0.1.0"
