"""The dashboard: what the tables say, read without a JVM, and pages that show it."""
