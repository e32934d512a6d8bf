"""hnswlib, and FAISS's filtered HNSW, one thread, beside the engine: measures on command.

Speaks JSON, a line a message. Vectors and queries are files of float32 values.
"""
import json
import sys
import time

import numpy

index = queries = base = None


def load(task):
    global base, queries
    base = numpy.fromfile(task["base"], dtype="<f4").reshape(-1, task["dimensions"])
    queries = numpy.fromfile(task["queries"], dtype="<f4").reshape(-1, task["dimensions"])
    return {}


def build_hnswlib(task):
    global index
    import hnswlib

    index = hnswlib.Index(space="l2", dim=base.shape[1])
    index.init_index(max_elements=len(base), M=task["m"], ef_construction=task["efConstruction"], random_seed=1)
    started = time.process_time()
    index.add_items(base, num_threads=task["threads"])
    index.set_num_threads(1)
    return {"version": getattr(hnswlib, "__version__", "?"), "cpu": time.process_time() - started}


def build_faiss(task):
    global index
    import faiss

    faiss.omp_set_num_threads(task["threads"])
    index = faiss.index_factory(base.shape[1], task["factory"], faiss.METRIC_L2)
    index.add(base)
    faiss.omp_set_num_threads(1)
    return {"version": faiss.__version__}


def search_hnswlib(first, last, task):
    index.set_ef(task["ef"])
    return index.knn_query(queries[first:last], k=task["k"], num_threads=1)[0]


def search_faiss(first, last, task):
    import faiss

    selector = faiss.IDSelectorBatch(numpy.asarray(task["rows"], dtype="int64")) if "rows" in task else None
    params = faiss.SearchParametersHNSW(efSearch=task["ef"], sel=selector)
    return index.search(queries[first:last], task["k"], params=params)[1]


def measure(task):
    """CPU seconds of searching for `count` queries, `batch` a call; and what was found."""
    search = search_hnswlib if task["library"] == "hnswlib" else search_faiss
    found = []
    started = time.process_time()
    for first in range(0, task["count"], task["batch"]):
        found.append(search(first, min(first + task["batch"], task["count"]), task))
    cpu = time.process_time() - started
    return {"cpu": cpu, "labels": numpy.concatenate(found).ravel().tolist()}


handlers = {"load": load, "hnswlib": build_hnswlib, "faiss": build_faiss, "measure": measure}
for line in sys.stdin:
    task = json.loads(line)
    try:
        answer = handlers[task["op"]](task)
    except ImportError as error:
        answer = {"missing": str(error)}
    print(json.dumps(answer), flush=True)
