"""FAISS in Python, one thread, beside the engine: reads the same graph file and queries, and measures on command.

Speaks JSON, a line a message. Started by bench/index/faiss.ts.
"""
import json
import sys
import time

try:
    import faiss
    import numpy
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    sys.exit()

faiss.omp_set_num_threads(1)
faiss.cvar.distance_compute_blas_threshold = 20  # its default, the same on both sides
index = queries = None


def measure(batch, seconds, k):
    """CPU and wall seconds of searching again and again, `batch` queries a call."""
    done = at = 0
    wall, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        if at + batch > len(queries):
            at = 0
        index.search(queries[at : at + batch], k)
        at += batch
        done += batch
    return {"queries": done, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


for line in sys.stdin:
    task = json.loads(line)
    answer = {}
    if task["op"] == "hello":
        answer = {"faiss": faiss.__version__, "compiled": faiss.get_compile_options()}
    elif task["op"] == "open":
        index = faiss.read_index(task["file"])
        queries = numpy.fromfile(task["queries"], dtype="<f4").reshape(-1, index.d)
        space = faiss.ParameterSpace()
        for name, value in task["params"].items():
            space.set_index_parameter(index, name, value)
    elif task["op"] == "labels":
        answer = {"labels": index.search(queries, task["k"])[1].ravel().tolist()}
    elif task["op"] == "measure":
        answer = measure(task["batch"], task["seconds"], task["k"])
    print(json.dumps(answer), flush=True)
