"""hnswlib and usearch, with and without a filter, and FAISS's filtered HNSW, one thread, beside the engine: measures on command.

Vectors and queries are files of float32 values. Started by bench/index/libraries-peer.ts.
"""
import time

from python_peer import needed, serve

with needed():
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
    index.init_index(max_elements=len(base), M=task["m"], ef_construction=task["efConstruction"])
    started = time.process_time()
    index.add_items(base, num_threads=task["threads"])
    index.set_num_threads(1)
    return {"version": getattr(hnswlib, "__version__", "?"), "cpu": time.process_time() - started}


def build_usearch(task):
    global index
    import usearch
    from usearch.index import Index

    index = Index(
        ndim=base.shape[1],
        metric="l2sq",
        dtype=task["dtype"],
        connectivity=task["m"],
        expansion_add=task["efConstruction"],
    )
    started = time.process_time()
    index.add(numpy.arange(len(base)), base, threads=task["threads"])
    return {"version": usearch.__version__, "cpu": time.process_time() - started}


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
    allowed = task.get("allowed")
    keep = None if allowed is None else allowed.__contains__
    return index.knn_query(queries[first:last], k=task["k"], num_threads=1, filter=keep)[0]


def search_usearch(first, last, task):
    index.expansion_search = task["ef"]
    return index.search(queries[first:last], task["k"], threads=1).keys.astype("int64")


def search_faiss(first, last, task):
    import faiss

    params = faiss.SearchParametersHNSW(efSearch=task["ef"], sel=task.get("selector"))
    return index.search(queries[first:last], task["k"], params=params)[1]


def prepare_filter(task):
    """The filter as each library has it, before the clock starts."""
    if task["library"] == "hnswlib":
        task["allowed"] = frozenset(task["rows"])
        return
    import faiss

    kept = numpy.zeros(len(base), dtype=bool)  # a bit for each row: the fastest that FAISS has
    kept[task["rows"]] = True
    task["selector"] = faiss.IDSelectorBitmap(numpy.packbits(kept, bitorder="little"))


def measure(task):
    """CPU seconds of searching for `count` queries, `batch` a call, all of it `times` times; and what was found."""
    search = searches[task["library"]]
    if "rows" in task:
        prepare_filter(task)
    started = time.process_time()
    for _ in range(task.get("times", 1)):
        found = []
        for first in range(0, task["count"], task["batch"]):
            found.append(search(first, min(first + task["batch"], task["count"]), task))
    cpu = time.process_time() - started
    return {"cpu": cpu, "labels": numpy.concatenate(found).ravel().tolist()}


searches = {"hnswlib": search_hnswlib, "usearch": search_usearch, "faiss": search_faiss}
serve({"load": load, "hnswlib": build_hnswlib, "usearch": build_usearch, "faiss": build_faiss, "measure": measure})
