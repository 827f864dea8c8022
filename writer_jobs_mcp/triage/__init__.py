"""Read an application's jobs and report what failed, what is new and what is stuck."""
