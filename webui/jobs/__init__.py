"""Long work beside the requests: asked for, taken by a worker, carried on after a crash.

``book`` is what pages, API and commands use: ask, look, cancel. ``kinds`` says what a job does,
``running`` carries one out, ``worker`` has them carried out by Huey.
"""

from webui.jobs.book import Book, Job
from webui.jobs.worker import Worker

__all__ = ["Book", "Job", "Worker"]
