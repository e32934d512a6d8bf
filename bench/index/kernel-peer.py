"""FAISS Flat in Python, one thread, beside the exact scan: reads the same values, and measures on command.

Started by bench/index/kernel.ts.
"""
import time

from python_peer import needed, serve

with needed():
    import faiss
    import numpy

faiss.omp_set_num_threads(1)
index = queries = None


def load(task):
    """A file of float32 values: rows, then queries."""
    global index, queries
    values = numpy.fromfile(task["file"], dtype="<f4").reshape(-1, task["dimensions"])
    index = (faiss.IndexFlatIP if task["metric"] == "ip" else faiss.IndexFlatL2)(task["dimensions"])
    index.add(values[: task["count"]])
    queries = numpy.ascontiguousarray(values[task["count"] :])
    return {"version": faiss.__version__}


def measure(task):
    """CPU and wall seconds of so many searches, `batch` queries a call; and what the last one found."""
    batch = task["batch"]
    wall, cpu = time.perf_counter(), time.process_time()
    for n in range(task["times"]):
        first = n * batch % (len(queries) - batch + 1)
        rows = index.search(queries[first : first + batch], task["k"])[1]
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows.ravel().tolist()}


serve({"load": load, "measure": measure})
