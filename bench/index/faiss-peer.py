"""FAISS in Python, one thread, beside the engine: reads the same graph file and queries, and measures on command.

Started by bench/index/faiss.ts.
"""
import time

from python_peer import needed, serve

with needed():
    import faiss
    import numpy

faiss.omp_set_num_threads(1)
faiss.cvar.distance_compute_blas_threshold = 20  # its default, the same on both sides
index = queries = None


def hello(task):
    return {"faiss": faiss.__version__, "compiled": faiss.get_compile_options()}


def open_graph(task):
    global index, queries
    index = faiss.read_index(task["file"])
    queries = numpy.fromfile(task["queries"], dtype="<f4").reshape(-1, index.d)
    space = faiss.ParameterSpace()
    for name, value in task["params"].items():
        space.set_index_parameter(index, name, value)
    return {}


def labels(task):
    return {"labels": index.search(queries, task["k"])[1].ravel().tolist()}


def measure(task):
    """CPU and wall seconds of searching again and again, `batch` queries a call."""
    batch, seconds, k = task["batch"], task["seconds"], task["k"]
    done = at = 0
    wall, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        if at + batch > len(queries):
            at = 0
        index.search(queries[at : at + batch], k)
        at += batch
        done += batch
    return {"queries": done, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


serve({"hello": hello, "open": open_graph, "labels": labels, "measure": measure})
