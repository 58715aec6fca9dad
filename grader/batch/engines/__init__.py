"""Where the runs of a batch are made: on this machine, or on the machines of a cluster.

`RayEngine` stands in `grader.batch.engines.ray` and is imported from there: Ray is large, and not everybody has it.
"""

from grader.batch.engines.engine import Answer, Engine, Needs, OpenWorker, Worker
from grader.batch.engines.local import LocalEngine
from grader.batch.engines.place import Content, LocalPlace, Place

__all__ = ["Answer", "Content", "Engine", "LocalEngine", "LocalPlace", "Needs", "OpenWorker", "Place", "Worker"]
