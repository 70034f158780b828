"""Keep what outlives a process: jobs and blobs."""
