"""The only Celery: the application and its tasks, the schedule, and the worker's process."""
