"""Runs ``python -m writer_jobs_mcp`` like ``writer-jobs-mcp``."""

from writer_jobs_mcp.cli import entry_point

if __name__ == "__main__":
    entry_point()
