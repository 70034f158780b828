"""Run tasks in a child process that may crash, hang or swell without harm."""
