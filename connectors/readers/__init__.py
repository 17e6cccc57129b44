"""What reads each format of file. Runs in the process of `files_worker` only."""
