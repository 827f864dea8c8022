"""``python -m writer_jobs_mcp``: the same as ``writer-jobs-mcp``."""

from writer_jobs_mcp.cli import entry_point

if __name__ == "__main__":
    entry_point()
