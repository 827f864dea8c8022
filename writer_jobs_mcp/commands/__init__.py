"""The commands of ``writer-jobs-mcp`` beside serving."""
